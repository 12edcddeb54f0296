import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "early" /** before the 2xx to the INVITE that began it */
  | "accepted" /** our 2xx was sent and waits for its ACK */
  | "leaving" /** accepted, and BYE waits for the ACK */
  | "confirmed"
  | "ending" /** our BYE waits for its answer */
  | "terminated";

export type Event =
  | "2xx sent"
  | "2xx received"
  | "refused" /** the INVITE that began it has another final answer than 2xx, or is given up */
  | "ACK" /** to our 2xx */
  | "no ACK" /** in 64*T1 */
  | "BYE" /** from the peer */
  | "BYE answered" /** ours, or it cannot be */
  | "bye" /** from the user, as a request to end */
  | "failure" /** 408 or 481 to a request of ours, or the session timer */
  | "flow closed"; /** and there is no other way to the peer */

export type Action = "send BYE" | "answer BYE" | "inform user" | "forget";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The life of a dialog that an INVITE began. Read it beside RFC 3261 §12.1, §12.3, §13.3.1.4 and §15: a callee must not
 * send BYE before the ACK, or before 64*T1 have passed without one; BYEs that cross are each answered.
 *
 * @spec rfc3261#12.3
 * @spec rfc3261#15
 * @spec rfc3261#15.1.1
 * @spec rfc3261#15.1.2
 * @spec GEN-35
 */
export const dialogLife: Machine<State, Event, Action> = {
  early: {
    "2xx sent": to("accepted"),
    "2xx received": to("confirmed"),
    refused: to("terminated", "forget"),
    ACK: absorb("early"),
    "no ACK": impossible,
    BYE: to("terminated", "answer BYE", "forget"),
    "BYE answered": impossible,
    bye: impossible,
    failure: absorb("early"),
    "flow closed": absorb("early"),
  },
  accepted: {
    "2xx sent": absorb("accepted"),
    "2xx received": impossible,
    refused: to("terminated", "inform user", "forget"),
    ACK: to("confirmed"),
    "no ACK": to("ending", "inform user", "send BYE"),
    BYE: to("terminated", "answer BYE", "inform user", "forget"),
    "BYE answered": impossible,
    bye: to("leaving", "inform user"),
    failure: to("leaving", "inform user"),
    "flow closed": to("terminated", "inform user", "forget"),
  },
  leaving: {
    "2xx sent": absorb("leaving"),
    "2xx received": impossible,
    refused: to("terminated", "forget"),
    ACK: to("ending", "send BYE"),
    "no ACK": to("ending", "send BYE"),
    BYE: to("terminated", "answer BYE", "forget"),
    "BYE answered": impossible,
    bye: absorb("leaving"),
    failure: absorb("leaving"),
    "flow closed": to("terminated", "forget"),
  },
  confirmed: {
    "2xx sent": absorb("confirmed"),
    "2xx received": absorb("confirmed"),
    refused: impossible,
    ACK: absorb("confirmed"),
    "no ACK": to("ending", "inform user", "send BYE"),
    BYE: to("terminated", "answer BYE", "inform user", "forget"),
    "BYE answered": impossible,
    bye: to("ending", "inform user", "send BYE"),
    failure: to("ending", "inform user", "send BYE"),
    "flow closed": to("terminated", "inform user", "forget"),
  },
  ending: {
    "2xx sent": impossible,
    "2xx received": absorb("ending"),
    refused: impossible,
    ACK: absorb("ending"),
    "no ACK": absorb("ending"),
    BYE: to("terminated", "answer BYE", "forget"),
    "BYE answered": to("terminated", "forget"),
    bye: absorb("ending"),
    failure: absorb("ending"),
    "flow closed": to("terminated", "forget"),
  },
  terminated: {
    "2xx sent": impossible,
    "2xx received": absorb("terminated"),
    refused: absorb("terminated"),
    ACK: absorb("terminated"),
    "no ACK": absorb("terminated"),
    BYE: impossible,
    "BYE answered": absorb("terminated"),
    bye: absorb("terminated"),
    failure: absorb("terminated"),
    "flow closed": absorb("terminated"),
  },
};
