import { impossible, type Machine, to } from "@heliograph/kernel";

export type State = "trying" | "proceeding" | "completed" | "terminated";

export type Event =
  | "1xx" /** from the wire, as is the next */
  | "2xx-6xx"
  | "timer E"
  | "timer F"
  | "timer K"
  | "transport error"
  | "abandon" /** the TU does not care any more */;

export type Action =
  | "resend request"
  | "restart timer E"
  | "set timer E to T2"
  | "start timer K"
  | "pass response to TU"
  | "inform TU of timeout"
  | "inform TU of error";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The non-INVITE client transaction. Read it beside Figure 6. It starts by arming Timer E, where the transport
 * is unreliable, and Timer F, and by sending the request.
 *
 * @spec rfc3261#17.1.2.2
 */
export const nonInviteClient: Machine<State, Event, Action> = {
  trying: {
    "1xx": to("proceeding", "pass response to TU"),
    "2xx-6xx": to("completed", "start timer K", "pass response to TU"),
    "timer E": to("trying", "restart timer E", "resend request"),
    "timer F": to("terminated", "inform TU of timeout"),
    "timer K": impossible,
    "transport error": to("terminated", "inform TU of error"),
    abandon: to("terminated"),
  },
  proceeding: {
    "1xx": to("proceeding", "pass response to TU"),
    "2xx-6xx": to("completed", "start timer K", "pass response to TU"),
    "timer E": to("proceeding", "set timer E to T2", "resend request"),
    "timer F": to("terminated", "inform TU of timeout"),
    "timer K": impossible,
    "transport error": to("terminated", "inform TU of error"),
    abandon: to("terminated"),
  },
  completed: {
    "1xx": absorb("completed"),
    "2xx-6xx": absorb("completed"),
    "timer E": impossible,
    "timer F": impossible,
    "timer K": to("terminated"),
    "transport error": absorb("completed"),
    abandon: absorb("completed"),
  },
  terminated: {
    "1xx": impossible,
    "2xx-6xx": impossible,
    "timer E": impossible,
    "timer F": impossible,
    "timer K": impossible,
    "transport error": absorb("terminated"),
    abandon: absorb("terminated"),
  },
};
