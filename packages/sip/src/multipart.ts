import { err, ok, type Result } from "@heliograph/kernel";
import { skip, skipSpace, tokenChar } from "./char-class.js";
import { decodeOctets, decodeUtf8 } from "./decode-text.js";
import { type Field, HeaderList } from "./header-list.js";
import type { Malformed } from "./malformed.js";
import { parseMediaType } from "./media-type.js";
import { defaultParseLimits, type ParseLimits } from "./parse-limits.js";

/** One part of a multipart body. @spec rfc2046#5.1 */
export interface Part {
  readonly headers: HeaderList;
  /** What the part says it is, or what it is by default. */
  readonly contentType: string;
  /** A view of the whole body's bytes. */
  readonly body: Uint8Array;
  /** The parts of a part that is itself multipart. @spec rfc5621#4.2 */
  readonly parts?: readonly Part[];
}

type MultipartLimits = Pick<ParseLimits, "maxMultipartDepth" | "maxParts" | "maxHeaders">;

/** What is still allowed, over all parts at any depth. */
interface Budget {
  readonly maxHeaders: number;
  partsLeft: number;
}

/** A multipart body and how many more may be nested in it. */
interface Whole {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly depth: number;
}

/**
 * Reads a multipart body, nested ones included. Preamble and epilogue are ignored.
 *
 * @spec rfc2046#5.1.1 @spec rfc5621#4.2
 */
export function parseMultipart(
  body: Uint8Array,
  contentType: string,
  limits: Partial<MultipartLimits> = {},
): Result<readonly Part[], Malformed> {
  const { maxMultipartDepth, maxParts, maxHeaders } = { ...defaultParseLimits, ...limits };
  return parseParts({ body, contentType, depth: maxMultipartDepth }, { partsLeft: maxParts, maxHeaders });
}

/** Writes parts as the body of a multipart whose boundary, which must not occur in them, the caller draws. @spec rfc2046#5.1.1 */
export function formatMultipart(
  parts: readonly Pick<Part, "headers" | "body">[],
  boundary: string,
): Uint8Array {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  for (const { headers, body } of parts) {
    const fields = headers.fields().map(([name, value]) => `${name}: ${value}\r\n`);
    pieces.push(encoder.encode(`--${boundary}\r\n${fields.join("")}\r\n`), body, encoder.encode("\r\n"));
  }
  pieces.push(encoder.encode(`--${boundary}--\r\n`));
  return joinBytes(pieces);
}

function parseParts({ body, contentType, depth }: Whole, budget: Budget): Result<readonly Part[], Malformed> {
  if (depth === 0) return err({ rule: "multipart depth", offset: 0 });
  const type = parseMediaType(contentType);
  if (!type.ok) return type;
  const boundary = type.value.params.get("boundary") ?? "";
  if (type.value.type !== "multipart" || !isBoundary(boundary)) return err({ rule: "boundary", offset: 0 });
  const ranges = rangesOf(decodeOctets(body, 0, body.length), boundary, budget);
  if (!ranges.ok) return ranges;
  const defaultType = type.value.subtype === "digest" ? "message/rfc822" : "text/plain";
  const parts: Part[] = [];
  for (const [start, end] of ranges.value) {
    const part = parsePart(
      { body: body.subarray(start, end), contentType: defaultType, depth: depth - 1 },
      budget,
    );
    if (!part.ok) return err({ rule: part.error.rule, offset: start + part.error.offset });
    parts.push(part.value);
  }
  return ok(parts);
}

/** Where the parts are: each ends before the line break of the next delimiter. */
function rangesOf(
  text: string,
  boundary: string,
  budget: Budget,
): Result<readonly [number, number][], Malformed> {
  const dash = `--${boundary}`;
  const ranges: [number, number][] = [];
  let start = -1;
  for (let at = firstDelimiter(text, dash); at >= 0; at = nextDelimiter(text, dash, at)) {
    if (start >= 0) ranges.push([start, Math.max(start, at - 2)]);
    if (text.startsWith("--", at + dash.length))
      return ranges.length > 0 ? ok(ranges) : err({ rule: "body-part", offset: at });
    if (budget.partsLeft === 0) return err({ rule: "number of parts", offset: at });
    budget.partsLeft -= 1;
    start = text.indexOf("\r\n", at) + 2;
  }
  return err({ rule: start < 0 ? "dash-boundary" : "close-delimiter", offset: text.length });
}

function firstDelimiter(text: string, dash: string): number {
  return isDelimiter(text, 0, dash) ? 0 : nextDelimiter(text, dash, 0);
}

function nextDelimiter(text: string, dash: string, after: number): number {
  let at = text.indexOf(`\r\n${dash}`, after);
  while (at >= 0 && !isDelimiter(text, at + 2, dash)) at = text.indexOf(`\r\n${dash}`, at + 2);
  return at < 0 ? -1 : at + 2;
}

/** Whether the line that begins at `at` is the boundary and nothing else but white space or the closing hyphens. */
function isDelimiter(text: string, at: number, dash: string): boolean {
  if (!text.startsWith(dash, at)) return false;
  let end = at + dash.length;
  if (text.startsWith("--", end)) return true;
  while (text.charCodeAt(end) === 0x20 || text.charCodeAt(end) === 0x09) end += 1;
  return text.startsWith("\r\n", end);
}

/** @spec rfc2046#5.1.1 */
function isBoundary(text: string): boolean {
  return /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(text);
}

function parsePart(
  { body: bytes, contentType: defaultType, depth }: Whole,
  budget: Budget,
): Result<Part, Malformed> {
  const headEnd = endOfPartHead(bytes);
  const text = decodeUtf8(bytes.subarray(0, headEnd));
  if (text === undefined) return err({ rule: "UTF-8", offset: 0 });
  const headers = parsePartHeaders(text, budget.maxHeaders);
  if (!headers.ok) return headers;
  const contentType = headers.value.get("content-type") ?? defaultType;
  const part = { headers: headers.value, contentType, body: bytes.subarray(headEnd) };
  if (!/^\s*multipart\s*\//i.test(contentType)) return ok(part);
  const parts = parseParts({ body: part.body, contentType, depth }, budget);
  return parts.ok
    ? ok({ ...part, parts: parts.value })
    : err({ ...parts.error, offset: headEnd + parts.error.offset });
}

/** The length of a part's header fields with the empty line after them, all of the part if there is none. */
function endOfPartHead(bytes: Uint8Array): number {
  if (bytes[0] === 0x0d && bytes[1] === 0x0a) return 2;
  const end = decodeOctets(bytes, 0, bytes.length).indexOf("\r\n\r\n");
  return end < 0 ? bytes.length : end + 4;
}

function parsePartHeaders(text: string, maxHeaders: number): Result<HeaderList, Malformed> {
  const fields: Field[] = [];
  for (const line of text.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
    if (line === "") continue;
    const nameEnd = skip(line, 0, line.length, tokenChar);
    const colon = skipSpace(line, nameEnd);
    if (nameEnd === 0 || line.charCodeAt(colon) !== 0x3a)
      return err({ rule: "header-name", offset: text.indexOf(line) });
    if (fields.length === maxHeaders) return err({ rule: "number of headers", offset: text.indexOf(line) });
    fields.push([line.slice(0, nameEnd), line.slice(colon + 1).trim()]);
  }
  return ok(HeaderList.of(fields));
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
