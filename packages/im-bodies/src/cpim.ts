import { err, ok, type Result } from "@heliograph/kernel";
import type { MalformedBody } from "./malformed-body.js";

/** The namespace of From, To, cc, DateTime, Subject, NS and Require. @spec rfc3862#4 */
export const cpimNamespace = "urn:ietf:params:cpim-headers:";

/** The namespace of the IMDN headers; messages choose their own prefix for it. @spec rfc5438#6.1 */
export const imdnNamespace = "urn:ietf:params:imdn";

/** One message header as it stands: nothing is unescaped, and `start` to `end` are its octets, line end included. */
export interface CpimHeader {
  readonly prefix: string;
  readonly namespace: string;
  readonly name: string;
  /** Parameters as written, with their semicolons: `;lang=fr`. */
  readonly params: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A header to be written: its name with the prefix, its value already escaped. */
export interface CpimHeaderToWrite {
  readonly name: string;
  readonly params?: string;
  readonly value: string;
}

/** A MIME header of the content. */
export type ContentHeader = readonly [name: string, value: string];

/** A message/cpim as it was received: the octets, and what they say. @spec rfc3862#2 */
export class CpimMessage {
  /** The whole message, untouched. */
  readonly octets: Uint8Array;
  readonly headers: readonly CpimHeader[];
  /** Where the message headers end: the offset of the blank line. */
  readonly headersEnd: number;
  readonly contentHeaders: readonly ContentHeader[];
  readonly content: Uint8Array;

  constructor(parts: Pick<CpimMessage, "octets" | "headers" | "headersEnd" | "contentHeaders" | "content">) {
    this.octets = parts.octets;
    this.headers = parts.headers;
    this.headersEnd = parts.headersEnd;
    this.contentHeaders = parts.contentHeaders;
    this.content = parts.content;
  }

  /** The value of the first header of that name; names are case-sensitive. */
  get(name: string, namespace: string = cpimNamespace): string | undefined {
    for (const header of this.headers) {
      if (header.name === name && header.namespace === namespace) return header.value;
    }
    return undefined;
  }

  /** Every header of that name, in order. */
  all(name: string, namespace: string = cpimNamespace): readonly CpimHeader[] {
    return this.headers.filter((header) => header.name === name && header.namespace === namespace);
  }

  /** A MIME header of the content; those names are not case-sensitive. */
  contentHeader(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const [key, value] of this.contentHeaders) {
      if (key.length === wanted.length && key.toLowerCase() === wanted) return value;
    }
    return undefined;
  }
}

/** What a message may cost before it is looked at. */
export interface CpimLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
}

const defaultLimits: CpimLimits = { maxHeaderBytes: 16 * 1024, maxHeaders: 128 };

/**
 * Reads a message/cpim. Order and octets of the headers are kept; a bare LF as line end and a missing blank after
 * the colon (R-im-bodies-3), and a missing line between message and content headers (R-im-bodies-1), are forgiven.
 *
 * @spec rfc3862#3.6
 * @spec MS-54
 */
export function parseCpim(
  octets: Uint8Array,
  limits: CpimLimits = defaultLimits,
): Result<CpimMessage, MalformedBody> {
  const block = readBlock(octets, 0, limits);
  if (!block.ok) return block;
  if (!block.value.isClosed) return err({ rule: "blank line after the headers", offset: octets.length });
  const headers = parseHeaders(block.value.lines);
  if (!headers.ok) return headers;

  const { end: headersEnd, next } = block.value;
  const merged = mergedContentHeaders(headers.value);
  const mime = readBlock(octets, next, limits);
  const own = mime.ok ? parseContentHeaders(mime.value.lines) : mime;
  const known = { octets, headers: headers.value, headersEnd };
  if (merged.length > 0 && !(own.ok && own.value.length > 0)) {
    return ok(new CpimMessage({ ...known, contentHeaders: merged, content: octets.subarray(next) }));
  }
  if (!own.ok) return own;
  const content = octets.subarray(mime.ok ? mime.value.next : octets.length);
  return ok(new CpimMessage({ ...known, contentHeaders: own.value, content }));
}

/** Writes a message/cpim. Values are written as they are: one with a control character is a mistake of ours. */
export function formatCpim(message: {
  readonly headers: readonly CpimHeaderToWrite[];
  readonly contentHeaders: readonly ContentHeader[];
  readonly content: Uint8Array;
}): Uint8Array {
  let text = "";
  for (const header of message.headers) text += formatCpimHeader(header);
  text += "\r\n";
  for (const [name, value] of message.contentHeaders) text += line(`${name}: ${value}`);
  return concatOctets(encoder.encode(`${text}\r\n`), message.content);
}

/** One header with its line end. */
export function formatCpimHeader({ name, params = "", value }: CpimHeaderToWrite): string {
  if (!isHeaderName(`${name}:`, name.lastIndexOf("."), endOfName(name, 0, isNameChar)))
    throw new TypeError(`not a CPIM header name: ${name}`);
  return line(`${name}:${params} ${value}`);
}

/** The octets of all parts, one after the other. */
export function concatOctets(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A line in the octets: `last` is where its text ends, `end` where its line end does. */
interface Span {
  readonly start: number;
  readonly last: number;
  readonly end: number;
}

interface Block {
  readonly lines: readonly Line[];
  /** Where its last line ends. */
  readonly end: number;
  /** What follows the blank line. */
  readonly next: number;
  readonly isClosed: boolean;
}

const LF = 10;
const CR = 13;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const COLON = 58;
/** NAMECHAR, and the dot that ends a prefix. @spec rfc3862#3.6 */
const isNameChar = tableOf("!#$%&'*+-^_`|~.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** The lines up to the next blank one. */
function readBlock(octets: Uint8Array, from: number, limits: CpimLimits): Result<Block, MalformedBody> {
  const spans: Span[] = [];
  const limit = Math.min(octets.length, from + limits.maxHeaderBytes);
  for (let start = from; start < limit; ) {
    const lf = octets.indexOf(LF, start);
    const next = lf < 0 ? octets.length : lf + 1;
    if (next > limit) return err({ rule: "size of the headers", offset: limit });
    const last = lf < 0 ? next : lf > start && octets[lf - 1] === CR ? lf - 1 : lf;
    if (last === start) return withText(octets, from, spans, { end: start, next, isClosed: true });
    if (spans.length === limits.maxHeaders) return err({ rule: "number of headers", offset: start });
    spans.push({ start, last, end: next });
    start = next;
  }
  if (limit < octets.length) return err({ rule: "size of the headers", offset: limit });
  return withText(octets, from, spans, { end: octets.length, next: octets.length, isClosed: false });
}

/** Decodes all lines at once where they are ASCII, for then a character is an octet; one by one where they are not. */
function withText(
  octets: Uint8Array,
  from: number,
  spans: readonly Span[],
  rest: Omit<Block, "lines">,
): Result<Block, MalformedBody> {
  const whole = decode(octets.subarray(from, rest.end));
  const isAscii = whole?.length === rest.end - from;
  const lines: Line[] = [];
  for (const { start, last, end } of spans) {
    const text = isAscii ? whole.slice(start - from, last - from) : decode(octets.subarray(start, last));
    if (text === undefined) return err({ rule: "utf-8", offset: start });
    lines.push({ text, start, end });
  }
  return ok({ ...rest, lines });
}

function parseHeaders(lines: readonly Line[]): Result<readonly CpimHeader[], MalformedBody> {
  const namespaces = new Namespaces();
  const headers: CpimHeader[] = [];
  for (const { text, start, end } of lines) {
    const colon = endOfName(text, 0, isNameChar);
    const dot = text.lastIndexOf(".", colon);
    if (!isHeaderName(text, dot, colon)) return err({ rule: "header name", offset: start });
    if (hasControl(text)) return err({ rule: "control character", offset: start });
    const prefix = dot < 0 ? "" : text.slice(0, dot);
    const name = text.slice(dot + 1, colon);
    const { params, value } = splitParams(text, colon + 1);
    headers.push({ prefix, namespace: namespaces.of(prefix), name, params, value, start, end });
    if (prefix === "" && name === "NS" && !namespaces.declare(value))
      return err({ rule: "NS", offset: start });
  }
  return ok(headers);
}

/** A name, or prefix and name with one dot between them, and then the colon. @spec rfc3862#3.1 */
function isHeaderName(text: string, dot: number, colon: number): boolean {
  if (colon === 0 || text.charCodeAt(colon) !== COLON) return false;
  return dot < 0 || (dot > 0 && dot < colon - 1 && text.indexOf(".") === dot);
}

/** Where the characters of a name end. */
function endOfName(text: string, from: number, isName: Uint8Array): number {
  let at = from;
  while (isName[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

/** The prefixes in force; `imdn` needs no declaration (R-im-bodies-2). @spec rfc3862#3.4 */
class Namespaces {
  #unprefixed = cpimNamespace;
  readonly #byPrefix = new Map([["imdn", imdnNamespace]]);

  of(prefix: string): string {
    return prefix === "" ? this.#unprefixed : (this.#byPrefix.get(prefix) ?? "");
  }

  /** Takes the value of an NS header, `prefix <uri>`; false where it is none. */
  declare(value: string): boolean {
    const open = value.indexOf("<");
    const close = value.indexOf(">", open);
    if (open < 0 || close <= open + 1 || value.slice(close + 1).trim() !== "") return false;
    const prefix = value.slice(0, open).trim();
    const uri = value.slice(open + 1, close);
    if (prefix === "") this.#unprefixed = uri;
    else this.#byPrefix.set(prefix, uri);
    return true;
  }
}

/** Parameters stand between the colon and the first blank outside quotes. */
function splitParams(text: string, from: number): { params: string; value: string } {
  const first = text[from];
  if (first === " ") return { params: "", value: text.slice(from + 1) };
  if (first !== ";") return { params: "", value: text.slice(from) };
  let isQuoted = false;
  for (let i = from; i < text.length; i += 1) {
    const character = text[i];
    if (character === "\\") i += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === " " && !isQuoted) return { params: text.slice(from, i), value: text.slice(i + 1) };
  }
  return { params: text.slice(from), value: "" };
}

function parseContentHeaders(lines: readonly Line[]): Result<readonly ContentHeader[], MalformedBody> {
  const headers: ContentHeader[] = [];
  for (const { text, start } of lines) {
    const last = headers.at(-1);
    if (last && (text.startsWith(" ") || text.startsWith("\t"))) {
      headers[headers.length - 1] = [last[0], `${last[1]} ${text.trim()}`];
      continue;
    }
    const end = endOfName(text, 0, isNameChar);
    const colon = text.indexOf(":", end);
    if (end === 0 || colon < 0 || text.slice(end, colon).trim() !== "") {
      return err({ rule: "content header name", offset: start });
    }
    headers.push([text.slice(0, end), text.slice(colon + 1).trim()]);
  }
  return ok(headers);
}

/** RFC 5438's examples put Content-type among the message headers, without the blank line. R-im-bodies-1 */
function mergedContentHeaders(headers: readonly CpimHeader[]): readonly ContentHeader[] {
  const found = headers.filter(
    ({ prefix, name }) => prefix === "" && name.toLowerCase().startsWith("content-"),
  );
  return found.some(({ name }) => name.toLowerCase() === "content-type")
    ? found.map(({ name, value }) => [name, value.trim()] as const)
    : [];
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function decode(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

function line(text: string): string {
  if (hasControl(text)) throw new TypeError("a header line cannot hold control characters");
  return `${text}\r\n`;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
