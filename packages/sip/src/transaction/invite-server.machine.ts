import { impossible, type Machine, to } from "@heliograph/kernel";

export type State = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

export type Event =
  | "INVITE" /** a retransmission; from the wire, as are the next two */
  | "ACK"
  | "CANCEL"
  | "1xx" /** from the TU, as are the next two */
  | "2xx"
  | "300-699"
  | "200 ms" /** have passed without a response */
  | "timer G"
  | "timer H"
  | "timer I"
  | "timer L"
  | "transport error";

export type Action =
  | "send 100"
  | "send 487"
  | "send response"
  | "resend last response"
  | "pass ACK to TU"
  | "inform TU of CANCEL"
  | "inform TU"
  | TimerAction;

export type TimerAction =
  | "stop the 200 ms"
  | "start timers G and H"
  | "restart timer G"
  | "start timer I"
  | "start timer L";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The INVITE server transaction. Read it beside Figure 7 of RFC 6026. It starts by arming the 200 ms.
 * CANCEL stands in the table because what it does depends on the state alone.
 *
 * @spec rfc3261#17.2.1
 * @spec rfc6026#8.6
 * @spec rfc3261#9.2
 * @spec GEN-02
 * @spec GEN-35
 * @spec GEN-40
 */
export const inviteServer: Machine<State, Event, Action> = {
  proceeding: {
    INVITE: to("proceeding", "resend last response"),
    ACK: absorb("proceeding"),
    CANCEL: to("completed", "send 487", "start timers G and H", "inform TU of CANCEL"),
    "1xx": to("proceeding", "stop the 200 ms", "send response"),
    "2xx": to("accepted", "send response", "start timer L"),
    "300-699": to("completed", "send response", "start timers G and H"),
    "200 ms": to("proceeding", "send 100"),
    "timer G": impossible,
    "timer H": impossible,
    "timer I": impossible,
    "timer L": impossible,
    "transport error": to("proceeding", "inform TU"),
  },
  accepted: {
    INVITE: absorb("accepted"),
    ACK: to("accepted", "pass ACK to TU"),
    CANCEL: absorb("accepted"),
    "1xx": absorb("accepted"),
    "2xx": to("accepted", "send response"),
    "300-699": absorb("accepted"),
    "200 ms": impossible,
    "timer G": impossible,
    "timer H": impossible,
    "timer I": impossible,
    "timer L": to("terminated"),
    "transport error": to("accepted", "inform TU"),
  },
  completed: {
    INVITE: to("completed", "resend last response"),
    ACK: to("confirmed", "start timer I"),
    CANCEL: absorb("completed"),
    "1xx": absorb("completed"),
    "2xx": absorb("completed"),
    "300-699": absorb("completed"),
    "200 ms": impossible,
    "timer G": to("completed", "restart timer G", "resend last response"),
    "timer H": to("terminated", "inform TU"),
    "timer I": impossible,
    "timer L": impossible,
    "transport error": to("completed", "inform TU"),
  },
  confirmed: {
    INVITE: absorb("confirmed"),
    ACK: absorb("confirmed"),
    CANCEL: absorb("confirmed"),
    "1xx": absorb("confirmed"),
    "2xx": absorb("confirmed"),
    "300-699": absorb("confirmed"),
    "200 ms": impossible,
    "timer G": impossible,
    "timer H": impossible,
    "timer I": to("terminated"),
    "timer L": impossible,
    "transport error": absorb("confirmed"),
  },
  terminated: {
    INVITE: impossible,
    ACK: impossible,
    CANCEL: impossible,
    "1xx": absorb("terminated"),
    "2xx": absorb("terminated"),
    "300-699": absorb("terminated"),
    "200 ms": impossible,
    "timer G": impossible,
    "timer H": impossible,
    "timer I": impossible,
    "timer L": impossible,
    "transport error": absorb("terminated"),
  },
};
