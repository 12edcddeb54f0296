import { impossible, type Machine, to } from "@heliograph/kernel";

export type SessionState =
  | "connecting" /** we are active */
  | "awaiting request" /** we are passive: whoever knows the session-id */
  | "bound"
  | "failed" /** only a new offer can help */
  | "ended";

export type SessionEvent =
  | "connected"
  | "request"
  | "request on another connection"
  | "481"
  | "506"
  | "failure report"
  | "connection lost"
  | "not bound in time"
  | "end";

export type SessionAction =
  | "send bodiless SEND"
  | "bind connection"
  | "answer 506"
  | "answer 481"
  | "release connection"
  | "fail open messages"
  | "tell of failure";

const absorb = (state: SessionState) => to<SessionState, SessionAction>(state);
const answer = (state: SessionState, action: "answer 481" | "answer 506") =>
  to<SessionState, SessionAction>(state, action);
const fail = to<SessionState, SessionAction>(
  "failed",
  "release connection",
  "fail open messages",
  "tell of failure",
);
const end = to<SessionState, SessionAction>("ended", "release connection", "fail open messages");

/**
 * A session at an end point, from the answer to its offer on. The active side connects and sends a SEND at once, the
 * passive side is bound by it; a lost connection or a failure report fails it for good.
 *
 * @spec rfc4975#5.4
 * @spec rfc4975#7.3.2
 * @spec MS-06
 * @spec MS-14
 * @spec MS-47
 * @spec MS-48
 */
export const session: Machine<SessionState, SessionEvent, SessionAction> = {
  connecting: {
    connected: to("bound", "bind connection", "send bodiless SEND"),
    request: answer("connecting", "answer 481"),
    "request on another connection": answer("connecting", "answer 481"),
    "481": impossible,
    "506": impossible,
    "failure report": impossible,
    "connection lost": fail,
    "not bound in time": fail,
    end,
  },
  "awaiting request": {
    connected: impossible,
    request: to("bound", "bind connection"),
    "request on another connection": impossible,
    "481": impossible,
    "506": impossible,
    "failure report": impossible,
    "connection lost": fail,
    "not bound in time": fail,
    end,
  },
  bound: {
    connected: impossible,
    request: absorb("bound"),
    "request on another connection": answer("bound", "answer 506"),
    "481": fail,
    "506": fail,
    "failure report": fail,
    "connection lost": fail,
    "not bound in time": absorb("bound"),
    end,
  },
  failed: {
    connected: absorb("failed"),
    request: answer("failed", "answer 481"),
    "request on another connection": answer("failed", "answer 481"),
    "481": absorb("failed"),
    "506": absorb("failed"),
    "failure report": absorb("failed"),
    "connection lost": absorb("failed"),
    "not bound in time": absorb("failed"),
    end: to("ended"),
  },
  ended: {
    connected: absorb("ended"),
    request: answer("ended", "answer 481"),
    "request on another connection": answer("ended", "answer 481"),
    "481": absorb("ended"),
    "506": absorb("ended"),
    "failure report": absorb("ended"),
    "connection lost": absorb("ended"),
    "not bound in time": absorb("ended"),
    end: absorb("ended"),
  },
};
