/** What a status does to its receiver who sent a SEND. @spec rfc4975#10 @spec MS-10 */
export type StatusEffect =
  | "goes on"
  /** Only the message of which it is said is lost. */
  | "message fails"
  /** No more chunks of the message, and the running one is interrupted. */
  | "stop message"
  /** No more content of the type in this session. */
  | "stop type"
  | "end session"
  /** The session goes on, on the connection it is bound to. */
  | "leave connection";

interface Status {
  readonly phrase: string;
  readonly effect: StatusEffect;
}

/** @spec rfc4975#10 @spec rfc4976#6.4.3 @spec rfc7701#10.3 @spec MS-03 @spec MS-06 @spec MS-10 */
const statuses: Readonly<Record<number, Status>> = {
  200: { phrase: "OK", effect: "goes on" },
  400: { phrase: "Bad Request", effect: "message fails" },
  401: { phrase: "Unauthorized", effect: "message fails" },
  403: { phrase: "Forbidden", effect: "message fails" },
  404: { phrase: "Not Found", effect: "message fails" },
  408: { phrase: "Request Timeout", effect: "message fails" },
  413: { phrase: "Message Too Large", effect: "stop message" },
  415: { phrase: "Unsupported Media Type", effect: "stop type" },
  423: { phrase: "Interval Out-of-Bounds", effect: "message fails" },
  424: { phrase: "Malformed Nickname", effect: "message fails" },
  425: { phrase: "Nickname Reserved or Already in Use", effect: "message fails" },
  428: { phrase: "Private Messages Not Supported", effect: "message fails" },
  481: { phrase: "Session Does Not Exist", effect: "end session" },
  501: { phrase: "Unknown Method", effect: "message fails" },
  506: { phrase: "Session Bound to Another Connection", effect: "leave connection" },
};

/** What to write after a status code. */
export function phraseOf(status: number): string | undefined {
  return statuses[status]?.phrase;
}

/** What a response, or a REPORT of namespace 000, means to who sent the message. @spec rfc4975#7.3.2 @spec MS-10 */
export function effectOf(status: number): StatusEffect {
  return statuses[status]?.effect ?? (status >= 200 && status < 300 ? "goes on" : "message fails");
}
