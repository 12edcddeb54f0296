import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "proceeding"
  | "unacknowledged" /** a reliable provisional answer waits for its PRACK */
  | "accepting" /** the same, and the 2xx waits for that */
  | "accepted"
  | "over"; /** refused, cancelled or expired */

export type Event =
  | "progress" /** from the user, an unreliable provisional answer; as are the next three */
  | "reliable progress"
  | "accept"
  | "refuse"
  | "PRACK" /** that acknowledges what waits */
  | "repeat is due" /** T1, 2*T1, 4*T1 … after the reliable answer */
  | "no PRACK" /** in 64*T1 */
  | "expires" /** the time in the INVITE's Expires has passed */
  | "CANCEL" /** which the transaction has answered, and the INVITE with 487 */
  | "BYE"; /** in the early dialog */

export type Action =
  | "send provisional"
  | "send reliably"
  | "keep for later" /** until the one that waits is acknowledged */
  | "send what was kept"
  | "send again"
  | "send 2xx"
  | "send refusal"
  | "send 487"
  | "send 504"
  | "inform user";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The answers to an INVITE outside of any dialog, from the user's side. A reliable provisional answer is repeated until
 * its PRACK; the next one, and the 2xx, wait for that.
 *
 * @spec rfc3262#3
 * @spec rfc3262#5
 * @spec rfc3261#13.3.1
 * @spec rfc3261#13.3.1.1
 * @spec rfc3261#9.2
 * @spec GEN-40
 * @spec GEN-44
 */
export const incomingInvite: Machine<State, Event, Action> = {
  proceeding: {
    progress: to("proceeding", "send provisional"),
    "reliable progress": to("unacknowledged", "send reliably"),
    accept: to("accepted", "send 2xx"),
    refuse: to("over", "send refusal"),
    PRACK: impossible,
    "repeat is due": impossible,
    "no PRACK": impossible,
    expires: to("over", "send 487", "inform user"),
    CANCEL: to("over", "inform user"),
    BYE: to("over", "send 487", "inform user"),
  },
  unacknowledged: {
    progress: to("unacknowledged", "send provisional"),
    "reliable progress": to("unacknowledged", "keep for later"),
    accept: to("accepting"),
    refuse: to("over", "send refusal"),
    PRACK: to("proceeding", "send what was kept"),
    "repeat is due": to("unacknowledged", "send again"),
    "no PRACK": to("over", "send 504", "inform user"),
    expires: to("over", "send 487", "inform user"),
    CANCEL: to("over", "inform user"),
    BYE: to("over", "send 487", "inform user"),
  },
  accepting: {
    progress: absorb("accepting"),
    "reliable progress": absorb("accepting"),
    accept: absorb("accepting"),
    refuse: absorb("accepting"),
    PRACK: to("accepted", "send 2xx"),
    "repeat is due": to("accepting", "send again"),
    "no PRACK": to("over", "send 504", "inform user"),
    expires: to("over", "send 487", "inform user"),
    CANCEL: to("over", "inform user"),
    BYE: to("over", "send 487", "inform user"),
  },
  accepted: {
    progress: absorb("accepted"),
    "reliable progress": absorb("accepted"),
    accept: absorb("accepted"),
    refuse: absorb("accepted"),
    PRACK: impossible,
    "repeat is due": impossible,
    "no PRACK": impossible,
    expires: impossible,
    CANCEL: absorb("accepted"),
    BYE: absorb("accepted"),
  },
  over: {
    progress: absorb("over"),
    "reliable progress": absorb("over"),
    accept: absorb("over"),
    refuse: absorb("over"),
    PRACK: impossible,
    "repeat is due": impossible,
    "no PRACK": impossible,
    expires: impossible,
    CANCEL: absorb("over"),
    BYE: absorb("over"),
  },
};
