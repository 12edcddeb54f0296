import { err, ok, type Result } from "@heliograph/kernel";
import { FieldList, type FieldPlace } from "./field-list.js";
import type { Answerable, FailureReport, Frame, Head, MalformedHead, RequestHead } from "./head.js";
import { type Ident, parseIdent } from "./ident.js";
import type { Malformed } from "./malformed.js";

const mostFields = 64;
const mostHops = 32;
const colonCode = 0x3a;
const spaceCode = 0x20;

/**
 * Reads the lines before a body, CRLF between them. The two paths come first.
 *
 * @spec rfc4975#7.1
 * @spec rfc4975#9
 * @spec MS-01
 * @spec MS-02
 * @spec MS-03
 */
export function parseHead(text: string, hasBody: boolean): Result<Head, MalformedHead> {
  const start = parseStartLine(text);
  if (!start.ok) return err({ ...start.error, frame: undefined, answerable: undefined });
  const lines = readLines(text, start.value.end + 2);
  const { tid, method } = start.value;
  if (method !== undefined && !isMethod(method)) {
    const answerable = answerableOf(start.value, text);
    return err({ rule: "method", offset: tid.length + 6, frame: frameOf(start.value), answerable });
  }
  if (!lines.ok) {
    const answerable = answerableOf(start.value, text);
    return err({ ...lines.error, frame: frameOf(start.value), answerable });
  }
  const { toPath, fromPath, fields, restAt } = lines.value;
  const rest = restAt < text.length ? `${text.slice(restAt)}\r\n` : "";
  if (method === undefined) {
    if (hasBody)
      return err({
        rule: "body of a response",
        offset: text.length,
        frame: frameOf(start.value),
        answerable: undefined,
      });
    const { status, comment } = start.value;
    return ok({ kind: "response", tid, status, comment, toPath, fromPath, fields, rest });
  }
  const report = fields.get("Failure-Report");
  const failureReport = report === undefined ? "yes" : parseFailureReport(report);
  const request: RequestHead = {
    kind: "request",
    tid,
    method,
    failureReport: failureReport ?? "yes",
    hasBody,
    toPath,
    fromPath,
    fields,
    rest,
  };
  const rule = brokenRuleOf(request, failureReport);
  return rule === undefined
    ? ok(request)
    : err({ rule, offset: 0, frame: frameOf(start.value), answerable: request });
}

/** Whether a word is a method: capitals, known or not. @spec rfc4975#9 @spec MS-01 */
function isMethod(word: string): boolean {
  return word === "SEND" || /^[A-Z]+$/.test(word);
}

/** Reads a Failure-Report; undefined is none of its three values. @spec rfc4975#9 @spec MS-08 */
function parseFailureReport(text: string): FailureReport | undefined {
  const value = text.toLowerCase();
  return value === "yes" || value === "no" || value === "partial" ? value : undefined;
}

/** A body has a type. A type without a body is passed over. @spec rfc4975#7.1 @spec R-msrp-2 */
function brokenRuleOf(head: RequestHead, failureReport: FailureReport | undefined): string | undefined {
  if (failureReport === undefined || head.fields.isRepeated("Failure-Report")) return "Failure-Report";
  if (head.hasBody && head.fields.get("Content-Type") === undefined) return "Content-Type";
  return undefined;
}

function frameOf({ tid, method }: StartLine): Frame {
  return { kind: method === undefined ? "response" : "request", tid };
}

interface StartLine {
  readonly tid: Ident;
  /** Undefined is a response. */
  readonly method: string | undefined;
  readonly status: number;
  readonly comment: string | undefined;
  readonly end: number;
}

function parseStartLine(text: string): Result<StartLine, Malformed> {
  const found = text.indexOf("\r\n");
  const end = found < 0 ? text.length : found;
  const tidEnd = text.indexOf(" ", 5);
  if (!text.startsWith("MSRP ") || tidEnd < 0 || tidEnd > end) return err({ rule: "start line", offset: 0 });
  const tid = parseIdent(text.slice(5, tidEnd));
  if (tid === undefined) return err({ rule: "transact-id", offset: 5 });
  const word = text.slice(tidEnd + 1, end);
  if (word === "SEND" || /^[A-Za-z][!-~]{0,31}$/.test(word))
    return ok({ tid, method: word, status: 0, comment: undefined, end });
  const [, code, comment] = /^(\d{3})(?: (.*))?$/.exec(word) ?? [];
  if (code === undefined) return err({ rule: "method or status-code", offset: tidEnd + 1 });
  return ok({ tid, method: undefined, status: Number(code), comment, end });
}

interface Lines {
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly fields: FieldList;
  readonly restAt: number;
}

function readLines(text: string, start: number): Result<Lines, Malformed> {
  const toPath = readPath(text, start, "To-Path");
  if (!toPath) return err({ rule: "To-Path", offset: start });
  const fromPath = readPath(text, toPath.end + 2, "From-Path");
  if (!fromPath) return err({ rule: "From-Path", offset: toPath.end + 2 });
  const restAt = fromPath.end + 2;
  const fields = readFields(text, restAt);
  return fields.ok
    ? ok({ toPath: toPath.uris, fromPath: fromPath.uris, fields: fields.value, restAt })
    : fields;
}

interface Path {
  readonly uris: readonly string[];
  readonly end: number;
}

function readPath(text: string, at: number, name: string): Path | undefined {
  const end = endOfLine(text, at);
  const valueAt = at + name.length + 2;
  if (!text.startsWith(name, at) && text.slice(at, valueAt - 2).toLowerCase() !== name.toLowerCase())
    return undefined;
  if (text.charCodeAt(valueAt - 2) !== colonCode || text.charCodeAt(valueAt - 1) !== spaceCode)
    return undefined;
  const uris = urisIn(text.slice(valueAt, end));
  return uris && { uris, end };
}

function urisIn(value: string): readonly string[] | undefined {
  if (!value.includes(" ")) return looksLikeUri(value) ? [value] : undefined;
  const uris = value.split(" ");
  return uris.length <= mostHops && uris.every(looksLikeUri) ? uris : undefined;
}

function readFields(text: string, start: number): Result<FieldList, Malformed> {
  const places: FieldPlace[] = [];
  for (let at = start; at < text.length; ) {
    const colonAt = endOfName(text, at);
    if (colonAt === at || text.charCodeAt(colonAt) !== colonCode) return err({ rule: "hname", offset: at });
    if (text.charCodeAt(colonAt + 1) !== spaceCode) return err({ rule: "SP", offset: colonAt + 1 });
    if (places.length === mostFields) return err({ rule: "number of headers", offset: at });
    const end = endOfLine(text, colonAt);
    places.push({ nameAt: at, colonAt, end });
    at = end + 2;
  }
  return ok(new FieldList(text, places));
}

function endOfLine(text: string, at: number): number {
  const found = text.indexOf("\r\n", at);
  return found < 0 ? text.length : found;
}

/** Letters, after which all that may stand in a name. @spec rfc4975#9 */
const isLetter = charsOf(/[A-Za-z]/);
const isNameChar = charsOf(/[!#-'*+\-.0-9A-Z^-~]/);

function charsOf(shape: RegExp): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => (shape.test(String.fromCharCode(code)) ? 1 : 0));
}

/** Where the name that begins at `start` ends; there, where none does. */
function endOfName(text: string, start: number): number {
  if (isLetter[text.charCodeAt(start)] !== 1) return start;
  let at = start + 1;
  while (isNameChar[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

/** Enough for a line to hold; what it names is read where it is used. */
function looksLikeUri(text: string): boolean {
  return text.startsWith("msrp") || /^msrps?:\/\//i.test(text);
}

/** Whom to answer, when the lines as a whole cannot be read. @spec MS-03 */
function answerableOf({ tid, method }: StartLine, text: string): Answerable | undefined {
  const [, value = ""] = /\r\nfrom-path: ([^\r\n]*)/i.exec(text) ?? [];
  const fromPath = urisIn(value);
  if (method === undefined || !fromPath) return undefined;
  const [, report] = /\r\nfailure-report: *(yes|no|partial)/i.exec(text) ?? [];
  return { tid, method, fromPath, failureReport: parseFailureReport(report ?? "yes") ?? "yes" };
}
