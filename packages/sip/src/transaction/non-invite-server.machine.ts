import { impossible, type Machine, to } from "@heliograph/kernel";

export type State = "trying" | "proceeding" | "completed" | "terminated";

export type Event =
  | "request" /** a retransmission of the request */
  | "1xx" /** a provisional response from the TU */
  | "408" /** what the TU says when it ran out of time */
  | "2xx-6xx" /** any other final response from the TU */
  | "timer E at T2" /** of the client, by our reckoning */
  | "timer F" /** of the client, by our reckoning */
  | "timer J"
  | "transport error";

export type Action =
  | "send 100"
  | "send response"
  | "resend last response"
  | "start timer F"
  | "start timer J"
  | "inform TU";

const absorb = (state: State) => to<State, Action>(state);

/**
 * The non-INVITE server transaction. Read it beside Figure 8, with two changes.
 *
 * RFC 4320: the one provisional response is a 100, which is sent here when the client's Timer E reaches T2 and
 * not before, so what the TU passes is discarded (R-sip-101); a 408 is never sent; when the client's Timer F has
 * fired nobody waits for an answer (R-sip-102).
 * RFC 6026: a transport error does not end the transaction (R-sip-103).
 *
 * @spec rfc3261#17.2.2
 * @spec rfc4320#4
 * @spec rfc6026#8.8
 * @spec GEN-37
 */
export const nonInviteServer: Machine<State, Event, Action> = {
  trying: {
    request: absorb("trying"),
    "1xx": absorb("trying"),
    "408": absorb("trying"),
    "2xx-6xx": to("completed", "send response", "start timer J"),
    "timer E at T2": to("proceeding", "send 100", "start timer F"),
    "timer F": impossible,
    "timer J": impossible,
    "transport error": impossible,
  },
  proceeding: {
    request: to("proceeding", "resend last response"),
    "1xx": absorb("proceeding"),
    "408": absorb("proceeding"),
    "2xx-6xx": to("completed", "send response", "start timer J"),
    "timer E at T2": impossible,
    "timer F": to("terminated"),
    "timer J": impossible,
    "transport error": to("proceeding", "inform TU"),
  },
  completed: {
    request: to("completed", "resend last response"),
    "1xx": absorb("completed"),
    "408": absorb("completed"),
    "2xx-6xx": absorb("completed"),
    "timer E at T2": impossible,
    "timer F": impossible,
    "timer J": to("terminated"),
    "transport error": to("completed", "inform TU"),
  },
  terminated: {
    request: impossible,
    "1xx": absorb("terminated"),
    "408": absorb("terminated"),
    "2xx-6xx": absorb("terminated"),
    "timer E at T2": impossible,
    "timer F": impossible,
    "timer J": impossible,
    "transport error": absorb("terminated"),
  },
};
