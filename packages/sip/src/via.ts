import { err, ok, type Result } from "@heliograph/kernel";
import { digit, hexDigit, hostNameChar, skip, skipSpace, tokenChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { noParams, Params, scanParams } from "./params.js";

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
  const transportAt = startOfTransport(raw);
  if (transportAt < 0) return err({ rule: "sent-protocol", offset: 0 });
  const sentBy = parseSentBy(raw, transportAt);
  if (!sentBy.ok) return sentBy;
  const { end, ...rest } = sentBy.value;
  const paramsEnd = scanParams(raw, end);
  if (paramsEnd !== raw.length) return err({ rule: "via-params", offset: paramsEnd < 0 ? -paramsEnd - 1 : paramsEnd });
  const params = end === raw.length ? noParams : new Params(raw.slice(end));
  return ok({ ...rest, params, branch: params.get("branch"), raw });
}

/**
 * Reads as much of a Via as an answer to a malformed request needs: any version, and no parameters where those are
 * what is malformed.
 *
 * @spec rfc4475#3.1.2.1 @spec rfc4475#3.1.2.16
 */
export function parseViaLoosely(raw: string): Via | undefined {
  const whole = parseVia(raw);
  if (whole.ok) return whole.value;
  const protocol = /^\s*SIP\s*\/\s*\d+\.\d+\s*\/\s*/i.exec(raw);
  const sentBy = protocol ? parseSentBy(raw, protocol[0].length) : undefined;
  if (!sentBy?.ok) return undefined;
  const { end, ...rest } = sentBy.value;
  const isReadable = scanParams(raw, end) === raw.length;
  const params = isReadable ? new Params(raw.slice(end)) : noParams;
  return { ...rest, params, branch: params.get("branch"), raw };
}

interface SentBy {
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly end: number;
}

/** Reads `transport LWS sent-by`. @spec rfc3261#18.1.1 */
function parseSentBy(raw: string, start: number): Result<SentBy, Malformed> {
  const transportEnd = skip(raw, start, raw.length, tokenChar);
  const hostAt = skipSpace(raw, transportEnd);
  if (transportEnd === start || hostAt === transportEnd) return err({ rule: "transport", offset: transportEnd });
  const hostEnd = endOfHost(raw, hostAt);
  if (hostEnd === hostAt) return err({ rule: "sent-by", offset: hostAt });
  const transport = upperCaseOf(raw.slice(start, transportEnd));
  const host = raw.slice(hostAt, hostEnd);
  const colon = skipSpace(raw, hostEnd);
  if (raw.charCodeAt(colon) !== 0x3a) return ok({ transport, host, port: undefined, end: colon });
  const portAt = skipSpace(raw, colon + 1);
  const portEnd = skip(raw, portAt, raw.length, digit);
  const port = Number(raw.slice(portAt, portEnd));
  if (portEnd === portAt || port > 65_535) return err({ rule: "port", offset: portAt });
  return ok({ transport, host, port, end: skipSpace(raw, portEnd) });
}

function upperCaseOf(transport: string): string {
  switch (transport) {
    case "UDP":
    case "TCP":
    case "TLS":
    case "WS":
    case "WSS":
      return transport;
    default:
      return transport.toUpperCase();
  }
}

/** The offset after `SIP/2.0/`, or -1. */
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
