import { err, ok, type Result } from "@heliograph/kernel";
import { digit, hexDigit, hostNameChar, isIn, skip, skipSpace, tokenChar } from "./char-class.js";
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
  return parseViaAt(raw, 0, raw.length);
}

/** Reads the Via value that stands in `text` from `start` to `end`. @spec rfc3261#20.42 */
export function parseViaAt(text: string, start: number, end: number): Result<Via, Malformed> {
  const transportAt = endOfProtocol(text, start, end);
  if (transportAt < 0) return err({ rule: "sent-protocol", offset: 0 });
  const sentBy = parseSentBy(text, transportAt, end);
  if (!sentBy.ok) return err({ rule: sentBy.error.rule, offset: sentBy.error.offset - start });
  const paramsEnd = scanParams(text, sentBy.value.end, end);
  if (paramsEnd === end)
    return ok(new ViaValue(text.slice(start, end), sentBy.value, text.slice(sentBy.value.end, end)));
  return err({ rule: "via-params", offset: (paramsEnd < 0 ? -paramsEnd - 1 : paramsEnd) - start });
}

/**
 * Reads as much of a Via as an answer to a malformed request needs: any version, and no parameters where those are
 * what is malformed.
 *
 * @spec rfc4475#3.1.2.1 @spec rfc4475#3.1.2.16
 */
export function parseViaLoosely(raw: string): Via | undefined {
  const protocol = /^\s*SIP\s*\/\s*\d+\.\d+\s*\/\s*/i.exec(raw);
  const sentBy = protocol ? parseSentBy(raw, protocol[0].length, raw.length) : undefined;
  if (!sentBy?.ok) return undefined;
  const { end } = sentBy.value;
  return new ViaValue(
    raw,
    sentBy.value,
    scanParams(raw, end, raw.length) === raw.length ? raw.slice(end) : "",
  );
}

interface SentBy {
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly end: number;
}

/** A Via whose parameters are looked at when somebody asks. */
class ViaValue implements Via {
  readonly raw: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  private readonly paramsText: string;
  private readParams: Params | undefined;

  constructor(raw: string, sentBy: SentBy, paramsText: string) {
    this.raw = raw;
    this.transport = sentBy.transport;
    this.host = sentBy.host;
    this.port = sentBy.port;
    this.paramsText = paramsText;
  }

  get params(): Params {
    return (this.readParams ??= this.paramsText === "" ? noParams : new Params(this.paramsText));
  }

  get branch(): string | undefined {
    return this.params.get("branch");
  }
}

/** Reads `transport LWS sent-by`. @spec rfc3261#18.1.1 */
function parseSentBy(text: string, start: number, end: number): Result<SentBy, Malformed> {
  const transportEnd = skip(text, start, end, tokenChar);
  const hostAt = skipSpace(text, transportEnd, end);
  if (transportEnd === start || hostAt === transportEnd)
    return err({ rule: "transport", offset: transportEnd });
  const hostEnd = endOfHost(text, hostAt, end);
  if (hostEnd === hostAt) return err({ rule: "sent-by", offset: hostAt });
  const transport = upperCaseOf(text.slice(start, transportEnd));
  const host = text.slice(hostAt, hostEnd);
  const colon = skipSpace(text, hostEnd, end);
  if (colon === end || text.charCodeAt(colon) !== 0x3a)
    return ok({ transport, host, port: undefined, end: colon });
  const portAt = skipSpace(text, colon + 1, end);
  const portEnd = skip(text, portAt, end, digit);
  const port = numberAt(text, portAt, portEnd);
  if (portEnd === portAt || port > 65_535) return err({ rule: "port", offset: portAt });
  return ok({ transport, host, port, end: skipSpace(text, portEnd, end) });
}

function numberAt(text: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at += 1) number = number * 10 + text.charCodeAt(at) - 0x30;
  return number;
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
function endOfProtocol(text: string, start: number, end: number): number {
  if (text.startsWith("SIP/2.0/", start)) return start + 8;
  const name = /^\s*SIP\s*\/\s*2\.0\s*\/\s*/i.exec(text.slice(start, end));
  return name ? start + name[0].length : -1;
}

function endOfHost(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) !== 0x5b) return skip(text, start, end, hostNameChar);
  for (let at = start + 1; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5d) return at + 1;
    if (!isIn(code, hexDigit) && code !== 0x3a && code !== 0x2e) return start;
  }
  return start;
}
