import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "off"
  | "refresher" /** we refresh, half the interval from the last 2xx on */
  | "refreshing" /** our refresh waits for its answer */
  | "refused" /** it was refused, and there is time for another */
  | "watcher"; /** the peer refreshes */

export type Event =
  | "we refresh" /** what a 2xx to INVITE or UPDATE says, sent or received; as are the next two */
  | "peer refreshes"
  | "no timer"
  | "refresh is due"
  | "refresh refused" /** with another status than 408 and 481 */
  | "session expires"
  | "dialog over";

export type Action =
  | "wait for half"
  | "refresh"
  | "wait for expiry"
  | "wait to try again"
  | "stop waiting"
  | "end session";

const absorb = (state: State) => to<State, Action>(state);
const negotiated = {
  "we refresh": to<State, Action>("refresher", "wait for half"),
  "peer refreshes": to<State, Action>("watcher", "wait for expiry"),
  "no timer": to<State, Action>("off", "stop waiting"),
};

/**
 * The session timer of a dialog. Whoever refreshes does so at half the interval; only a 2xx makes the session longer, and
 * either side ends it a little before it expires.
 *
 * @spec rfc4028#7.2
 * @spec rfc4028#9
 * @spec rfc4028#10
 * @spec GEN-12
 */
export const sessionTimer: Machine<State, Event, Action> = {
  off: {
    ...negotiated,
    "no timer": absorb("off"),
    "refresh is due": impossible,
    "refresh refused": absorb("off"),
    "session expires": impossible,
    "dialog over": absorb("off"),
  },
  refresher: {
    ...negotiated,
    "refresh is due": to("refreshing", "wait for expiry", "refresh"),
    "refresh refused": absorb("refresher"),
    "session expires": impossible,
    "dialog over": to("off", "stop waiting"),
  },
  refreshing: {
    ...negotiated,
    "refresh is due": impossible,
    "refresh refused": to("refused", "wait to try again"),
    "session expires": to("off", "end session"),
    "dialog over": to("off", "stop waiting"),
  },
  refused: {
    ...negotiated,
    "refresh is due": to("refreshing", "wait for expiry", "refresh"),
    "refresh refused": absorb("refused"),
    "session expires": to("off", "end session"),
    "dialog over": to("off", "stop waiting"),
  },
  watcher: {
    ...negotiated,
    "refresh is due": impossible,
    "refresh refused": absorb("watcher"),
    "session expires": to("off", "end session"),
    "dialog over": to("off", "stop waiting"),
  },
};
