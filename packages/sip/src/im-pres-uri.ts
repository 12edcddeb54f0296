import { err, ok, type Result } from "@heliograph/kernel";
import { userChar } from "./char-class.js";
import { parseHostPort } from "./host-port.js";
import type { Malformed } from "./malformed.js";
import { skipEscaped } from "./sip-uri.js";

/** An instant inbox or a presentity, whatever protocol serves it. @spec rfc3860#A.1 @spec rfc3859#A.1 */
export interface ImPresUri {
  readonly scheme: "im" | "pres";
  /** As written, escapes kept. */
  readonly user: string;
  readonly host: string;
  /** What follows the question mark, as written; "" when there is nothing. */
  readonly headers: string;
}

/** Reads an im or pres URI whose scheme is known to be `scheme`. @spec rfc3860#A.1 */
export function parseImPresUri(text: string, scheme: "im" | "pres"): Result<ImPresUri, Malformed> {
  const start = scheme.length + 1;
  const at = text.indexOf("@", start);
  if (at <= start) return err({ rule: "mailbox", offset: start });
  const userEnd = skipEscaped(text, start, at, userChar);
  if (userEnd < at) return err({ rule: "mailbox", offset: userEnd });
  const question = text.indexOf("?", at);
  const hostEnd = question < 0 ? text.length : question;
  const host = parseHostPort(text, at + 1, hostEnd);
  if (!host.ok) return host;
  if (host.value.port !== undefined || host.value.isIpv6) return err({ rule: "mailbox", offset: at + 1 });
  return ok({ scheme, user: text.slice(start, at), host: host.value.host, headers: text.slice(hostEnd + 1) });
}

/** Writes an im or pres URI. @spec rfc3860#A.1 */
export function formatImPresUri(uri: ImPresUri): string {
  return `${uri.scheme}:${uri.user}@${uri.host}${uri.headers === "" ? "" : `?${uri.headers}`}`;
}
