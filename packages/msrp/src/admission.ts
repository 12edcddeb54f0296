import type { RequestHead } from "./head.js";
import { type MsrpUri, msrpUriKeyOf, parseMsrpUri } from "./msrp-uri.js";

/** What an end point does with a request. */
export type Admission<Session> =
  | { readonly kind: "admitted"; readonly session: Session; readonly isFirst: boolean }
  | { readonly kind: "refused"; readonly status: 400 | 481 | 501 | 506 };

/** What is known of sessions. */
export interface Sessions<Session, Connection> {
  /** Whose local URI has the key of {@link msrpUriKeyOf}. */
  find(key: string): Session | undefined;
  /** The connection that it is bound to; undefined before the first request. */
  connectionOf(session: Session): Connection | undefined;
}

const knownMethods = new Set(["SEND", "REPORT"]);

/**
 * Whether a request belongs to a session here. The first one that does binds its connection to the session.
 *
 * @spec rfc4975#5.4
 * @spec rfc4975#7.3
 * @spec MS-03
 * @spec MS-06
 */
export function admit<Session, Connection>(
  { toPath, method }: RequestHead,
  sessions: Sessions<Session, Connection>,
  connection: Connection,
  methods: ReadonlySet<string> = knownMethods,
): Admission<Session> {
  const [target = "", ...beyond] = toPath;
  if (beyond.length > 0) return { kind: "refused", status: 481 };
  const uri = parseMsrpUri(target);
  if (!uri.ok) return { kind: "refused", status: 400 };
  const session = sessions.find(msrpUriKeyOf(uri.value));
  if (session === undefined) return { kind: "refused", status: 481 };
  const bound = sessions.connectionOf(session);
  if (bound !== undefined && bound !== connection) return { kind: "refused", status: 506 };
  if (!methods.has(method)) return { kind: "refused", status: 501 };
  return { kind: "admitted", session, isFirst: bound === undefined };
}

const transports = new Set(["tcp", "ws"]);

/** The first hop of a path, where we can go to it. Transports further on are none of our business. @spec rfc7977#5.2.2 @spec MS-55 */
export function nextHopOf(path: readonly string[]): MsrpUri | undefined {
  const uri = parseMsrpUri(path[0] ?? "");
  return uri.ok && transports.has(uri.value.transport) ? uri.value : undefined;
}

/** What the direction attribute of a media description says of what we may send. @spec rfc4975#8.9 */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/**
 * Whether a request may be sent: directions hold back content for a user alone, neither reports nor what has no body
 * nor notifications of disposition.
 *
 * @spec rfc4975#8.9
 * @spec MS-52
 */
export function mayBeSent(direction: Direction, what: "content" | "bodiless" | "REPORT" | "IMDN"): boolean {
  return what !== "content" || direction === "sendrecv" || direction === "sendonly";
}

/** What every end point takes, whatever it offers besides. @spec rfc4975#7.3.1 @spec MS-53 */
export const mandatoryTypes: readonly string[] = [
  "multipart/mixed",
  "multipart/alternative",
  "multipart/signed",
  "message/cpim",
];

/**
 * Whether a list of accept-types covers a type: by itself, by its first half, or by `*`. Parameters do not count.
 *
 * @spec rfc4975#8.6
 * @spec MS-51
 * @spec MS-53
 */
export function acceptsType(acceptTypes: readonly string[], type: string): boolean {
  const wanted = bareType(type);
  const any = `${wanted.slice(0, wanted.indexOf("/"))}/*`;
  return acceptTypes.some((entry) => [wanted, any, "*"].includes(bareType(entry)));
}

/** A content type without its parameters, in lower case. */
export function bareType(text: string): string {
  const end = text.indexOf(";");
  return (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
}
