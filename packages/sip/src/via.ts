import { err, ok, type Result } from "@heliograph/kernel";
import { digit, hexDigit, hostNameChar, skip, skipSpace, tokenChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { Params, scanParams } from "./params.js";

/** One Via value. @spec rfc3261#20.42 */
export interface Via {
  /** In upper case. */
  readonly transport: string;
  /** As written; an IPv6 address with its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  readonly branch: string | undefined;
  readonly raw: string;
}

/** Reads one Via value. @spec rfc3261#20.42 @spec rfc5118#4.5 */
export function parseVia(raw: string): Result<Via, Malformed> {
  const fault = (rule: string, offset: number) => err({ rule, offset });
  const transportAt = startOfTransport(raw);
  if (transportAt < 0) return fault("sent-protocol", -transportAt - 1);
  const transportEnd = skip(raw, transportAt, raw.length, tokenChar);
  const hostAt = skipSpace(raw, transportEnd);
  if (transportEnd === transportAt || hostAt === transportEnd) return fault("transport", transportEnd);
  const hostEnd = endOfHost(raw, hostAt);
  if (hostEnd === hostAt) return fault("sent-by", hostAt);
  let at = skipSpace(raw, hostEnd);
  let port: number | undefined;
  if (raw.charCodeAt(at) === 0x3a) {
    const portAt = skipSpace(raw, at + 1);
    const portEnd = skip(raw, portAt, raw.length, digit);
    port = Number(raw.slice(portAt, portEnd));
    if (portEnd === portAt || port > 65_535) return fault("port", portAt);
    at = skipSpace(raw, portEnd);
  }
  const end = scanParams(raw, at);
  if (end !== raw.length) return fault("via-params", end < 0 ? -end - 1 : end);
  const params = new Params(raw.slice(at));
  return ok({
    transport: raw.slice(transportAt, transportEnd).toUpperCase(),
    host: raw.slice(hostAt, hostEnd),
    port,
    params,
    branch: params.get("branch"),
    raw,
  });
}

/** The offset after `SIP/2.0/`, or `-1 - offset` of what is not that. */
function startOfTransport(raw: string): number {
  if (raw.startsWith("SIP/2.0/")) return 8;
  const name = /^\s*SIP\s*\/\s*2\.0\s*\/\s*/i.exec(raw);
  return name ? name[0].length : -1;
}

function endOfHost(raw: string, start: number): number {
  if (raw.charCodeAt(start) !== 0x5b) return skip(raw, start, raw.length, hostNameChar);
  let at = start + 1;
  for (;;) {
    at = skip(raw, at, raw.length, hexDigit);
    const code = raw.charCodeAt(at);
    if (code === 0x5d) return at + 1;
    if (code !== 0x3a && code !== 0x2e) return start;
    at += 1;
  }
}
