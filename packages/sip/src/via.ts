import { err, ok, type Result } from "@heliograph/kernel";
import { codesOf } from "./codes.js";
import type { Malformed } from "./malformed.js";
import { type Params, paramsFrom, scanParams } from "./params.js";
import { SentByReader } from "./sent-by-reader.js";

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

const sentBy = new SentByReader();

/** Reads one Via value, whose codes stand in `codes` from `start` on. @spec rfc3261#20.42 @spec rfc5118#4.5 */
export function parseVia(raw: string, codes = codesOf(raw), start = 0): Result<Via, Malformed> {
  const fault = faultOfVia(raw, codes, start);
  return fault ? err(fault) : ok(scannedVia(raw, start, sentBy.end - start));
}

/** What is wrong with a Via value, whose codes stand in `codes` from `start` on. @spec rfc3261#20.42 */
export function faultOfVia(raw: string, codes: Uint8Array, start: number): Malformed | undefined {
  const end = start + raw.length;
  const protocolLength = lengthOfProtocol(raw);
  if (protocolLength < 0) return { rule: "sent-protocol", offset: 0 };
  const fault = sentBy.scan(codes, start + protocolLength, end);
  if (fault) return { rule: fault.rule, offset: fault.offset - start };
  const paramsEnd = scanParams(codes, sentBy.end, end);
  if (paramsEnd === end) return undefined;
  return { rule: "via-params", offset: (paramsEnd < 0 ? -paramsEnd - 1 : paramsEnd) - start };
}

/**
 * Reads as much of a Via as an answer to a malformed request needs: any version, and no parameters where those are
 * what is malformed.
 *
 * @spec rfc4475#3.1.2.1 @spec rfc4475#3.1.2.16
 */
export function parseViaLoosely(raw: string): Via | undefined {
  const protocol = /^\s*SIP\s*\/\s*\d+\.\d+\s*\/\s*/i.exec(raw);
  const codes = codesOf(raw);
  if (!protocol || sentBy.scan(codes, protocol[0].length, raw.length)) return undefined;
  const hasParams = scanParams(codes, sentBy.end, raw.length) === raw.length;
  return scannedVia(raw, 0, hasParams ? sentBy.end : raw.length);
}

/** A Via of our own, its parameters written `;name=value`. */
export function createVia(sentBy: Pick<Via, "transport" | "host" | "port">, params: string): Via {
  const port = sentBy.port === undefined ? "" : `:${sentBy.port}`;
  const before = `SIP/2.0/${sentBy.transport} ${sentBy.host}${port}`;
  return new ViaValue(before + params, sentBy, before.length);
}

/** The Via with other parameters, written `;name=value`. */
export function viaWithParams(via: Via, params: string): Via {
  const semicolon = via.raw.indexOf(";");
  const before = semicolon < 0 ? via.raw : via.raw.slice(0, semicolon);
  return new ViaValue(before + params, via, before.length);
}

/** The Via whose sent-by was scanned last, where the codes of `raw` begin at `start`. */
function scannedVia(raw: string, start: number, paramsAt: number): Via {
  const { port } = sentBy;
  const transport = sentBy.transportIn(raw, start);
  return new ViaValue(raw, { transport, host: sentBy.hostIn(raw, start), port }, paramsAt);
}

/** A Via whose parameters are cut from it when somebody asks. */
class ViaValue implements Via {
  readonly raw: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  private readonly paramsAt: number;
  private readParams: Params | undefined;

  constructor(
    raw: string,
    { transport, host, port }: Pick<Via, "transport" | "host" | "port">,
    paramsAt: number,
  ) {
    this.raw = raw;
    this.transport = transport;
    this.host = host;
    this.port = port;
    this.paramsAt = paramsAt;
  }

  get params(): Params {
    return (this.readParams ??= paramsFrom(this.raw, this.paramsAt));
  }

  get branch(): string | undefined {
    return this.params.get("branch");
  }
}

/** The length of `SIP/2.0/` with the white space in it, or -1. */
function lengthOfProtocol(raw: string): number {
  if (raw.startsWith("SIP/2.0/")) return 8;
  return /^\s*SIP\s*\/\s*2\.0\s*\/\s*/i.exec(raw)?.[0].length ?? -1;
}
