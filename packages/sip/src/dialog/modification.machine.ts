import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "idle"
  | "inviting" /** our INVITE has no final answer yet, or our ACK with the answer is due */
  | "updating" /** our UPDATE with an offer is not answered yet */
  | "invited" /** their INVITE waits for our final answer */
  | "accepted" /** our 2xx to it waits for the ACK */
  | "offered" /** the same, and the ACK will have the answer to our offer */
  | "updated"; /** their UPDATE with an offer waits for our answer */

export type Event =
  | "want INVITE" /** from the user, as is the next */
  | "want UPDATE"
  | "INVITE" /** from the peer, as is the next; an UPDATE without an offer is not meant */
  | "UPDATE"
  | "settled" /** ours has its final answer, and a 2xx its ACK */
  | "2xx" /** from us, to theirs */
  | "2xx with offer"
  | "refused"
  | "ACK";

export type Action =
  | "send"
  | "wait"
  | "send next" /** of those that wait */
  | "pass to user"
  | "refuse with 491"
  | "refuse with 500";

const wait = (state: State) => to<State, Action>(state, "wait");
const pending = (state: State) => to<State, Action>(state, "refuse with 491");
const tooSoon = (state: State) => to<State, Action>(state, "refuse with 500");

/**
 * Who may change a session now. One INVITE at a time is under way in a dialog, and one offer. Whoever has one under way
 * refuses the other's with 491; a second one before the first is answered is refused with 500 and Retry-After.
 *
 * @spec rfc3261#14.1
 * @spec rfc3261#14.2
 * @spec rfc3311#5.1
 * @spec rfc3311#5.2
 * @spec rfc3264#4
 * @spec R-sip-110
 * @spec GEN-15
 */
export const modification: Machine<State, Event, Action> = {
  idle: {
    "want INVITE": to("inviting", "send"),
    "want UPDATE": to("updating", "send"),
    INVITE: to("invited", "pass to user"),
    UPDATE: to("updated", "pass to user"),
    settled: impossible,
    "2xx": impossible,
    "2xx with offer": impossible,
    refused: impossible,
    ACK: impossible,
  },
  inviting: {
    "want INVITE": wait("inviting"),
    "want UPDATE": wait("inviting"),
    INVITE: pending("inviting"),
    UPDATE: pending("inviting"),
    settled: to("idle", "send next"),
    "2xx": impossible,
    "2xx with offer": impossible,
    refused: impossible,
    ACK: impossible,
  },
  updating: {
    "want INVITE": wait("updating"),
    "want UPDATE": wait("updating"),
    INVITE: pending("updating"),
    UPDATE: pending("updating"),
    settled: to("idle", "send next"),
    "2xx": impossible,
    "2xx with offer": impossible,
    refused: impossible,
    ACK: impossible,
  },
  invited: {
    "want INVITE": wait("invited"),
    "want UPDATE": wait("invited"),
    INVITE: tooSoon("invited"),
    UPDATE: tooSoon("invited"),
    settled: impossible,
    "2xx": to("accepted"),
    "2xx with offer": to("offered"),
    refused: to("idle", "send next"),
    ACK: impossible,
  },
  accepted: {
    "want INVITE": wait("accepted"),
    "want UPDATE": wait("accepted"),
    INVITE: to("invited", "pass to user"),
    UPDATE: to("updated", "pass to user"),
    settled: impossible,
    "2xx": impossible,
    "2xx with offer": impossible,
    refused: impossible,
    ACK: to("idle", "send next"),
  },
  offered: {
    "want INVITE": wait("offered"),
    "want UPDATE": wait("offered"),
    INVITE: pending("offered"),
    UPDATE: pending("offered"),
    settled: impossible,
    "2xx": impossible,
    "2xx with offer": impossible,
    refused: impossible,
    ACK: to("idle", "send next"),
  },
  updated: {
    "want INVITE": wait("updated"),
    "want UPDATE": wait("updated"),
    INVITE: tooSoon("updated"),
    UPDATE: tooSoon("updated"),
    settled: impossible,
    "2xx": to("idle", "send next"),
    "2xx with offer": impossible,
    refused: to("idle", "send next"),
    ACK: impossible,
  },
};
