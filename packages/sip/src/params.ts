import { err, ok, type Result } from "@heliograph/kernel";
import { nameChar, skip, skipIn, skipSpace, tokenChar, valueChar } from "./char-class.js";
import { codesOf, skipQuotedIn, skipSpaceIn } from "./codes.js";
import type { Malformed } from "./malformed.js";
import { skipQuoted, unquote } from "./quoted-string.js";

/** The `;name=value` part of a header field value or of a URI: ordered, read when asked, its text kept. */
export class Params {
  private readonly text: string;

  /** For texts that `parseParams` or `parseUri` accepted. */
  constructor(raw: string) {
    this.text = raw;
  }

  /** The parameter's value without its quotes, "" when it has none, undefined when it is not there. */
  get(name: string): string | undefined {
    const start = this.#find(name);
    return start < 0 ? undefined : unquote(valueAt(this.text, start) ?? "");
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Name as written, value without its quotes. */
  *entries(): IterableIterator<readonly [string, string | undefined]> {
    const raw = this.text;
    for (let at = raw.indexOf(";"); at >= 0 && at < raw.length; at = endOfParam(raw, at + 1)) {
      const start = skipSpace(raw, at + 1);
      const value = valueAt(raw, start);
      yield [raw.slice(start, endOfName(raw, start)), value && unquote(value)];
    }
  }

  /** The text as it was written, from the first semicolon on. */
  toString(): string {
    return this.text;
  }

  /** Where the parameter's name begins, or -1. */
  #find(name: string): number {
    const raw = this.text;
    for (let at = raw.indexOf(";"); at >= 0 && at < raw.length; at = endOfParam(raw, at + 1)) {
      const start = skipSpace(raw, at + 1);
      const end = endOfName(raw, start);
      if (end - start === name.length && isSameName(raw, start, name)) return start;
    }
    return -1;
  }
}

/** No parameters at all. */
export const noParams = new Params("");

/** The parameters that a text which was read already has from `start` on. */
export function paramsFrom(text: string, start: number): Params {
  return start === text.length ? noParams : new Params(text.slice(start).trim());
}

/** Reads `;name=value` pairs that make up the whole text. @spec rfc3261#25.1 @spec R-sip-1 */
export function parseParams(text: string): Result<Params, Malformed> {
  const end = scanParams(codesOf(text), 0, text.length);
  if (end < 0) return err({ rule: "generic-param", offset: -end - 1 });
  return end === text.length ? ok(new Params(text)) : err({ rule: "generic-param", offset: end });
}

/** Writes pairs as parameters; values that are not tokens are quoted by the caller. */
export function formatParams(entries: Iterable<readonly [string, string | undefined]>): string {
  let text = "";
  for (const [name, value] of entries) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The offset after the parameters between `start` and `end`, or `-1 - offset` of what is wrong. */
export function scanParams(codes: Uint8Array, start: number, end: number): number {
  let at = skipSpaceIn(codes, start, end);
  while (at < end && codes[at] === 0x3b) {
    const name = skipSpaceIn(codes, at + 1, end);
    at = skipIn(codes, name, end, tokenChar);
    if (at === name) return -1 - at;
    at = skipSpaceIn(codes, at, end);
    if (at < end && codes[at] === 0x3d) at = scanValue(codes, skipSpaceIn(codes, at + 1, end), end);
    if (at < 0) return at;
  }
  return at;
}

function scanValue(codes: Uint8Array, start: number, end: number): number {
  const isQuoted = start < end && codes[start] === 0x22;
  const after = isQuoted ? skipQuotedIn(codes, start, end) : skipIn(codes, start, end, valueChar);
  return after <= start ? -1 - start : skipSpaceIn(codes, after, end);
}

function endOfName(raw: string, start: number): number {
  return skip(raw, start, raw.length, nameChar);
}

/** The value as written of the parameter whose name begins at `start`. */
function valueAt(raw: string, start: number): string | undefined {
  const equals = skipSpace(raw, endOfName(raw, start));
  return raw.charCodeAt(equals) === 0x3d
    ? raw.slice(equals + 1, endOfParam(raw, equals + 1)).trim()
    : undefined;
}

function isSameName(raw: string, start: number, name: string): boolean {
  return (
    raw.startsWith(name, start) || raw.slice(start, start + name.length).toLowerCase() === name.toLowerCase()
  );
}

function endOfParam(raw: string, start: number): number {
  for (let at = start; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    if (code === 0x3b) return at;
    if (code === 0x22) at = skipQuoted(raw, at) - 1;
  }
  return raw.length;
}
