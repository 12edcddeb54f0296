import { impossible, type Machine, to } from "@heliograph/kernel";

export type EndState =
  | "offered" /** its URI is out, its answer is not in */
  | "awaiting" /** whoever knows the URI binds it */
  | "connecting" /** we open the connection */
  | "bound"
  | "lost" /** its connection closed; it may come back for a while */
  | "failed" /** only a new offer can help */
  | "ended";

export type EndEvent =
  | "agreed to wait"
  | "agreed to connect"
  | "request"
  | "request elsewhere"
  | "connected"
  | "not connected"
  | "connection lost"
  | "too late"
  | "close";

export type EndAction =
  | "await request"
  | "connect"
  | "bind"
  | "send bodiless SEND"
  | "let arrivals in"
  | "hold request"
  | "answer 481"
  | "answer 506"
  | "release connection"
  | "start grace"
  | "stop timer"
  | "tell not bound"
  | "tell connection lost"
  | "refuse what waits";

const stay = (state: EndState, ...actions: EndAction[]) => to<EndState, EndAction>(state, ...actions);
const wait = (...before: EndAction[]) =>
  to<EndState, EndAction>("awaiting", ...before, "await request", "let arrivals in");
const connect = (...before: EndAction[]) =>
  to<EndState, EndAction>("connecting", ...before, "await request", "connect", "let arrivals in");
const bind = (...after: EndAction[]) => to<EndState, EndAction>("bound", "stop timer", "bind", ...after);
const end = (...before: EndAction[]) =>
  to<EndState, EndAction>("ended", ...before, "stop timer", "refuse what waits");

/**
 * One end of an anchored stream: how it comes to have a connection, and loses it. A request of an end that has not
 * answered yet waits for its answer, because it may be that of another device which was invited too.
 *
 * @spec rfc4975#5.4
 * @spec MS-06
 * @spec MS-14
 * @spec MS-47
 */
export const endMachine: Machine<EndState, EndEvent, EndAction> = {
  offered: {
    "agreed to wait": wait(),
    "agreed to connect": connect(),
    request: stay("offered", "hold request"),
    "request elsewhere": impossible,
    connected: impossible,
    "not connected": impossible,
    "connection lost": impossible,
    "too late": impossible,
    close: end(),
  },
  awaiting: {
    "agreed to wait": wait("stop timer"),
    "agreed to connect": connect("stop timer"),
    request: bind(),
    "request elsewhere": impossible,
    connected: impossible,
    "not connected": impossible,
    "connection lost": impossible,
    "too late": to("failed", "tell not bound", "refuse what waits"),
    close: end(),
  },
  connecting: {
    "agreed to wait": wait("stop timer"),
    "agreed to connect": connect("stop timer"),
    request: bind(),
    "request elsewhere": impossible,
    connected: bind("send bodiless SEND"),
    "not connected": to("failed", "stop timer", "tell not bound", "refuse what waits"),
    "connection lost": impossible,
    "too late": to("failed", "tell not bound", "refuse what waits"),
    close: end(),
  },
  bound: {
    "agreed to wait": wait("release connection"),
    "agreed to connect": connect("release connection"),
    request: stay("bound"),
    "request elsewhere": stay("bound", "answer 506"),
    connected: impossible,
    "not connected": impossible,
    "connection lost": to("lost", "start grace"),
    "too late": impossible,
    close: end("release connection"),
  },
  lost: {
    "agreed to wait": wait("stop timer"),
    "agreed to connect": connect("stop timer"),
    request: bind(),
    "request elsewhere": impossible,
    connected: impossible,
    "not connected": impossible,
    "connection lost": impossible,
    "too late": to("failed", "tell connection lost", "refuse what waits"),
    close: end(),
  },
  failed: {
    "agreed to wait": wait(),
    "agreed to connect": connect(),
    request: stay("failed", "answer 481"),
    "request elsewhere": impossible,
    connected: impossible,
    "not connected": impossible,
    "connection lost": impossible,
    "too late": impossible,
    close: end(),
  },
  ended: {
    "agreed to wait": impossible,
    "agreed to connect": impossible,
    request: stay("ended", "answer 481"),
    "request elsewhere": impossible,
    connected: impossible,
    "not connected": impossible,
    "connection lost": impossible,
    "too late": impossible,
    close: stay("ended"),
  },
};
