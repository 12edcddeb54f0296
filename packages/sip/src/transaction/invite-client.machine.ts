import { impossible, type Machine, to } from "@heliograph/kernel";

export type State =
  | "calling"
  | "cancelling" /** calling, and a CANCEL waits for the first provisional response */
  | "proceeding"
  | "cancelled" /** proceeding, and a CANCEL was sent */
  | "accepted"
  | "completed"
  | "terminated";

export type Event =
  | "100" /** from the wire, as are the next three */
  | "101-199"
  | "2xx"
  | "300-699"
  | "timer A"
  | "timer B"
  | "timer C"
  | "timer D"
  | "timer M"
  | "cancel timeout" /** 64*T1 after the CANCEL */
  | "cancel" /** from the TU, as is the next */
  | "abandon"
  | "transport error";

export type Action =
  | "resend request"
  | "send ACK"
  | "send CANCEL"
  | "pass response to TU"
  | "inform TU of timeout"
  | "inform TU of error"
  | TimerAction;

export type TimerAction =
  | "restart timer A"
  | "start timer C"
  | "start timer D"
  | "start timer M"
  | "start cancel timeout";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The INVITE client transaction. Read it beside Figure 5 of RFC 6026. It starts by arming Timer A, where the
 * transport is unreliable, and Timer B, and by sending the INVITE.
 *
 * Two states are added, for CANCEL: it must wait for a provisional response, and gives the INVITE 64*T1 more.
 * Timer C, a proxy's timer, stands here because it bounds Proceeding, which nothing else does (R-sip-104).
 *
 * @spec rfc3261#17.1.1.2
 * @spec rfc6026#8.4
 * @spec rfc3261#9.1
 * @spec GEN-35
 * @spec GEN-36
 * @spec GEN-40
 */
export const inviteClient: Machine<State, Event, Action> = {
  calling: {
    "100": to("proceeding", "start timer C", "pass response to TU"),
    "101-199": to("proceeding", "start timer C", "pass response to TU"),
    "2xx": to("accepted", "start timer M", "pass response to TU"),
    "300-699": to("completed", "start timer D", "pass response to TU", "send ACK"),
    "timer A": to("calling", "restart timer A", "resend request"),
    "timer B": to("terminated", "inform TU of timeout"),
    "timer C": impossible,
    "timer D": impossible,
    "timer M": impossible,
    "cancel timeout": impossible,
    cancel: to("cancelling"),
    abandon: to("terminated"),
    "transport error": to("terminated", "inform TU of error"),
  },
  cancelling: {
    "100": to("cancelled", "start cancel timeout", "pass response to TU", "send CANCEL"),
    "101-199": to("cancelled", "start cancel timeout", "pass response to TU", "send CANCEL"),
    "2xx": to("accepted", "start timer M", "pass response to TU"),
    "300-699": to("completed", "start timer D", "pass response to TU", "send ACK"),
    "timer A": to("cancelling", "restart timer A", "resend request"),
    "timer B": to("terminated", "inform TU of timeout"),
    "timer C": impossible,
    "timer D": impossible,
    "timer M": impossible,
    "cancel timeout": impossible,
    cancel: absorb("cancelling"),
    abandon: to("terminated"),
    "transport error": to("terminated", "inform TU of error"),
  },
  proceeding: {
    "100": to("proceeding", "pass response to TU"),
    "101-199": to("proceeding", "start timer C", "pass response to TU"),
    "2xx": to("accepted", "start timer M", "pass response to TU"),
    "300-699": to("completed", "start timer D", "pass response to TU", "send ACK"),
    "timer A": impossible,
    "timer B": impossible,
    "timer C": to("cancelled", "start cancel timeout", "send CANCEL"),
    "timer D": impossible,
    "timer M": impossible,
    "cancel timeout": impossible,
    cancel: to("cancelled", "start cancel timeout", "send CANCEL"),
    abandon: to("terminated"),
    "transport error": to("terminated", "inform TU of error"),
  },
  cancelled: {
    "100": to("cancelled", "pass response to TU"),
    "101-199": to("cancelled", "pass response to TU"),
    "2xx": to("accepted", "start timer M", "pass response to TU"),
    "300-699": to("completed", "start timer D", "pass response to TU", "send ACK"),
    "timer A": impossible,
    "timer B": impossible,
    "timer C": impossible,
    "timer D": impossible,
    "timer M": impossible,
    "cancel timeout": to("terminated", "inform TU of timeout"),
    cancel: absorb("cancelled"),
    abandon: to("terminated"),
    "transport error": to("terminated", "inform TU of error"),
  },
  accepted: {
    "100": absorb("accepted"),
    "101-199": absorb("accepted"),
    "2xx": to("accepted", "pass response to TU"),
    "300-699": absorb("accepted"),
    "timer A": impossible,
    "timer B": impossible,
    "timer C": impossible,
    "timer D": impossible,
    "timer M": to("terminated"),
    "cancel timeout": impossible,
    cancel: absorb("accepted"),
    abandon: to("terminated"),
    "transport error": absorb("accepted"),
  },
  completed: {
    "100": absorb("completed"),
    "101-199": absorb("completed"),
    "2xx": absorb("completed"),
    "300-699": to("completed", "send ACK"),
    "timer A": impossible,
    "timer B": impossible,
    "timer C": impossible,
    "timer D": to("terminated"),
    "timer M": impossible,
    "cancel timeout": impossible,
    cancel: absorb("completed"),
    abandon: absorb("completed"),
    "transport error": to("terminated", "inform TU of error"),
  },
  terminated: {
    "100": impossible,
    "101-199": impossible,
    "2xx": impossible,
    "300-699": impossible,
    "timer A": impossible,
    "timer B": impossible,
    "timer C": impossible,
    "timer D": impossible,
    "timer M": impossible,
    "cancel timeout": impossible,
    cancel: absorb("terminated"),
    abandon: absorb("terminated"),
    "transport error": absorb("terminated"),
  },
};
