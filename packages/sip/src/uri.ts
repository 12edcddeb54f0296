import { err, ok, type Result, unreachable } from "@heliograph/kernel";
import { skip, uriChar } from "./char-class.js";
import { formatImPresUri, type ImPresUri, parseImPresUri } from "./im-pres-uri.js";
import type { Malformed } from "./malformed.js";
import { formatSipUri, parseSipUri, type SipUri } from "./sip-uri.js";
import { formatTelUri, parseTelUri, type TelUri } from "./tel-uri.js";

/** A URI of a scheme that Heliograph has no rules for, kept as it is. */
export interface OtherUri {
  readonly scheme: "other";
  /** The scheme's name, lower case. */
  readonly name: string;
  readonly text: string;
}

/** A URI, told apart by `scheme`. @spec GEN-05 */
export type Uri = SipUri | TelUri | ImPresUri | OtherUri;

/** Reads an absolute URI; sip, sips, tel, im and pres by their own rules. @spec rfc3261#19.1.1 @spec GEN-05 */
export function parseUri(text: string): Result<Uri, Malformed> {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0)).toLowerCase();
  switch (name) {
    case "sip":
    case "sips":
      return parseSipUri(text, name);
    case "tel":
      return parseTelUri(text);
    case "im":
    case "pres":
      return parseImPresUri(text, name);
    default:
      return parseOtherUri(text, name);
  }
}

/** Writes a URI; host and scheme in lower case, everything else as it was read. @spec rfc3261#19.1.1 */
export function formatUri(uri: Uri): string {
  switch (uri.scheme) {
    case "sip":
    case "sips":
      return formatSipUri(uri);
    case "tel":
      return formatTelUri(uri);
    case "im":
    case "pres":
      return formatImPresUri(uri);
    case "other":
      return uri.text;
    default:
      return unreachable(uri);
  }
}

function parseOtherUri(text: string, name: string): Result<Uri, Malformed> {
  if (!/^[a-z][a-z0-9+.-]*$/.test(name)) return err({ rule: "scheme", offset: 0 });
  const rest = name.length + 1;
  const end = skip(text, rest, text.length, uriChar);
  if (end < text.length || rest === text.length) return err({ rule: "absoluteURI", offset: end });
  return ok({ scheme: "other", name, text });
}
