import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "calling"
  | "cancelled" /** the user has its outcome; what still comes is ended */
  | "established"
  | "over";

export type Event =
  | "1xx" /** 101 to 199 that is no repetition */
  | "2xx" /** in a dialog that has none yet */
  | "2xx again"
  | "refused" /** 300 to 699, silence, or no way there */
  | "interval too small" /** 422 that leaves something to be tried */
  | "cancel" /** from the user */
  | "rang too long"
  | "fork over"; /** 64*T1 after the first 2xx */

export type Action =
  | "pass to user"
  | "confirm dialog"
  | "send ACK again"
  | "end dialog" /** with ACK and BYE */
  | "end early dialogs"
  | "invite again"
  | "send CANCEL"
  | "tell outcome"
  | "tell cancelled"
  | "tell silent"
  | "forget";

const absorb = (state: State) => to<State, Action>(state);

/**
 * An INVITE of ours outside of any dialog, and what becomes of it. It may have been forked: each 2xx makes a dialog, of
 * which the first is kept and the others are ended. A 2xx that crosses the CANCEL is ended as well.
 *
 * @spec rfc3261#13.2.2
 * @spec rfc3261#13.2.2.4
 * @spec rfc3261#15
 * @spec rfc4028#7.3
 * @spec GEN-40
 * @spec GEN-41
 */
export const outgoingInvite: Machine<State, Event, Action> = {
  calling: {
    "1xx": to("calling", "pass to user"),
    "2xx": to("established", "confirm dialog", "tell outcome"),
    "2xx again": impossible,
    refused: to("over", "end early dialogs", "tell outcome", "forget"),
    "interval too small": to("calling", "end early dialogs", "invite again"),
    cancel: to("cancelled", "tell cancelled", "send CANCEL"),
    "rang too long": to("cancelled", "tell silent", "send CANCEL"),
    "fork over": impossible,
  },
  cancelled: {
    "1xx": absorb("cancelled"),
    "2xx": to("cancelled", "end dialog"),
    "2xx again": to("cancelled", "send ACK again"),
    refused: to("over", "end early dialogs", "forget"),
    "interval too small": to("over", "end early dialogs", "forget"),
    cancel: absorb("cancelled"),
    "rang too long": impossible,
    "fork over": to("over", "end early dialogs", "forget"),
  },
  established: {
    "1xx": absorb("established"),
    "2xx": to("established", "end dialog"),
    "2xx again": to("established", "send ACK again"),
    refused: impossible,
    "interval too small": impossible,
    cancel: absorb("established"),
    "rang too long": impossible,
    "fork over": to("over", "end early dialogs", "forget"),
  },
  over: {
    "1xx": absorb("over"),
    "2xx": to("over", "end dialog"),
    "2xx again": to("over", "send ACK again"),
    refused: impossible,
    "interval too small": impossible,
    cancel: absorb("over"),
    "rang too long": impossible,
    "fork over": impossible,
  },
};
