import { type Brand, err, ok, type Result, unreachable } from "@heliograph/kernel";
import type { Malformed } from "./malformed.js";
import type { SipUri } from "./sip-uri.js";
import { digitsOf, type TelUri } from "./tel-uri.js";
import { parseUri, type Uri } from "./uri.js";
import { normaliseEscapes } from "./uri-escapes.js";

/** The one spelling of an address of record: the key of everything that is kept for a user. @spec GEN-21 */
export type Aor = Brand<string, "Aor">;

/**
 * The address of record that a URI means: no parameters, no headers, no password, user unescaped where that is
 * safe, host in lower case and without the dot that makes it absolute, default port dropped; sips, im and pres under
 * sip; a global number as `tel:+digits`.
 *
 * @spec rfc3261#10.3 @spec GEN-21 @spec GEN-46 @spec R-sip-3
 */
export function aorOf(uri: Uri | string): Result<Aor, Malformed> {
  if (typeof uri === "string") {
    const parsed = parseUri(uri);
    return parsed.ok ? aorOf(parsed.value) : parsed;
  }
  switch (uri.scheme) {
    case "sip":
    case "sips":
      return ok(aorOfSip(uri));
    case "tel":
      return aorOfTel(uri);
    case "im":
    case "pres":
      return ok(`sip:${normaliseEscapes(uri.user)}@${relativeName(uri.host)}` as Aor);
    case "other":
      return err({ rule: "scheme", offset: 0 });
    default:
      return unreachable(uri);
  }
}

/** The domain of an address of record; "" for a telephone number. */
export function domainOf(aor: string): string {
  if (aor.startsWith("tel:")) return "";
  const host = aor.slice(Math.max(aor.indexOf("@"), aor.indexOf(":")) + 1);
  const port = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  return port > 0 ? host.slice(0, port) : host;
}

/** A host name by the spelling that people use: `example.com.` is `example.com`. @spec rfc3261#25.1 @spec R-sip-3 */
export function relativeName(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

function aorOfSip(uri: SipUri): Aor {
  const user =
    uri.user === undefined ? "" : `${isPhone(uri) ? digitsOf(uri.user) : normaliseEscapes(uri.user)}@`;
  const host = uri.isIpv6 ? `[${uri.host}]` : relativeName(uri.host);
  const defaultPort = uri.scheme === "sips" ? 5061 : 5060;
  const port = uri.port === undefined || uri.port === defaultPort ? "" : `:${uri.port}`;
  return `sip:${user}${host}${port}` as Aor;
}

/** Whether the user is a telephone number, whose visual separators mean nothing. @spec rfc3261#19.1.6 @spec GEN-07 */
function isPhone(uri: SipUri): boolean {
  return /^\+?[\d\-.()]+$/.test(uri.user ?? "") && uri.params.get("user")?.toLowerCase() === "phone";
}

function aorOfTel(uri: TelUri): Result<Aor, Malformed> {
  if (uri.isGlobal) return ok(`tel:${digitsOf(uri.number)}` as Aor);
  const context = (uri.params.get("phone-context") ?? "").toLowerCase();
  return ok(`tel:${digitsOf(uri.number)};phone-context=${context}` as Aor);
}
