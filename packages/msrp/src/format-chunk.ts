import type { ContinuationFlag, RequestHead, ResponseHead } from "./head.js";
import type { Ident } from "./ident.js";
import { encodeText, joinChunk } from "./octets.js";

/** A request to write. */
export interface OutgoingRequest {
  readonly tid: Ident;
  readonly method: string;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly fields: readonly Field[];
  /** Undefined is no body at all, which is something else than an empty one. @spec MS-02 */
  readonly content: Content | undefined;
}

/** Name and value of a header field. */
export type Field = readonly [name: string, value: string];

/** What MIME says of a body. Other fields come before Content-Type, which is last. @spec rfc4975#7.1 */
export interface Content {
  readonly type: string;
  readonly mimeFields?: readonly Field[];
}

/** A response to write. It is never chunked. @spec rfc4975#7.2 */
export interface OutgoingResponse {
  readonly tid: Ident;
  readonly status: number;
  readonly comment?: string | undefined;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly fields?: readonly Field[];
}

/**
 * Writes all that is before the body. To-Path is first, From-Path second, Content-Type last, with an empty line after
 * it.
 *
 * @spec rfc4975#7.1
 * @spec MS-02
 */
export function formatRequestHead(request: OutgoingRequest): string {
  const { tid, method, toPath, fromPath, fields, content } = request;
  const head = `MSRP ${tid} ${method}\r\nTo-Path: ${toPath.join(" ")}\r\nFrom-Path: ${fromPath.join(" ")}\r\n`;
  const lines = head + formatFields(fields);
  if (!content) return lines;
  return `${lines}${formatFields(content.mimeFields ?? [])}Content-Type: ${oneLine(content.type)}\r\n\r\n`;
}

/** Writes a whole chunk. The body must not have the end-line in it. */
export function formatRequest(
  request: OutgoingRequest,
  body?: Uint8Array,
  flag: ContinuationFlag = "$",
): Uint8Array {
  const head = formatRequestHead(request);
  if (!request.content) return encodeText(head + formatEndLine(request.tid, flag, false));
  return joinChunk(head, body ?? new Uint8Array(0), formatEndLine(request.tid, flag, true));
}

/** Writes the end-line; after a body with the CRLF that does not belong to it. @spec rfc4975#7.1 @spec MS-01 */
export function formatEndLine(tid: Ident, flag: ContinuationFlag, hasBody: boolean): string {
  return `${hasBody ? "\r\n" : ""}-------${tid}${flag}\r\n`;
}

/** Writes a response. @spec rfc4975#7.2 @spec MS-49 */
export function formatResponse(response: OutgoingResponse): Uint8Array {
  const { tid, status, comment, toPath, fromPath, fields = [] } = response;
  const phrase = comment === undefined ? "" : ` ${oneLine(comment)}`;
  const paths = `To-Path: ${toPath.join(" ")}\r\nFrom-Path: ${fromPath.join(" ")}\r\n`;
  const head = `MSRP ${tid} ${String(status).padStart(3, "0")}${phrase}\r\n${paths}`;
  return encodeText(head + formatFields(fields) + formatEndLine(tid, "$", false));
}

/** What changes on the way through a relay. */
export interface Hop {
  readonly tid: Ident;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  /** Where the relay breaks a chunk up; left out, the range stays what it was. */
  readonly byteRange?: string;
}

/** Writes the head of a request that goes on to the next hop, all but the paths and the range as it came. @spec rfc4976#6.4.1 */
export function forwardRequestHead(head: RequestHead, hop: Hop): string {
  return `MSRP ${hop.tid} ${head.method}\r\n${forwardedLines(head, hop)}${head.hasBody ? "\r\n" : ""}`;
}

/** Writes a request that is in hand as a whole. */
export function forwardRequest(
  head: RequestHead,
  hop: Hop,
  body: Uint8Array,
  flag: ContinuationFlag,
): Uint8Array {
  return joinChunk(forwardRequestHead(head, hop), body, formatEndLine(hop.tid, flag, head.hasBody));
}

/** Writes a response that goes on to the next hop. @spec rfc4976#6.4.3 */
export function forwardResponse(head: ResponseHead, hop: Hop): Uint8Array {
  const comment = head.comment === undefined ? "" : ` ${head.comment}`;
  const status = String(head.status).padStart(3, "0");
  const lines = forwardedLines(head, hop);
  return encodeText(`MSRP ${hop.tid} ${status}${comment}\r\n${lines}${formatEndLine(hop.tid, "$", false)}`);
}

function forwardedLines({ rest }: RequestHead | ResponseHead, hop: Hop): string {
  const paths = `To-Path: ${hop.toPath.join(" ")}\r\nFrom-Path: ${hop.fromPath.join(" ")}\r\n`;
  if (hop.byteRange === undefined) return paths + rest;
  const others = rest.replace(/(^|\r\n)byte-range:[^\r]*\r\n/i, "$1");
  return `${paths}Byte-Range: ${hop.byteRange}\r\n${others}`;
}

function formatFields(fields: readonly Field[]): string {
  let lines = "";
  for (const [name, value] of fields) lines += `${name}: ${oneLine(value)}\r\n`;
  return lines;
}

/** There is no folding, so that a line break can only be an attack. @spec MS-01 */
function oneLine(value: string): string {
  return /[\r\n]/.test(value) ? value.replace(/[\r\n]+/g, " ") : value;
}
