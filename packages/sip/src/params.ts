import { err, ok, type Result } from "@heliograph/kernel";
import { skip, skipSpace, tokenChar, valueChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { skipQuoted, unquote } from "./quoted-string.js";

/** The `;name=value` part of a header field value or of a URI: ordered, read when asked, its text kept. */
export class Params {
  readonly #raw: string;
  #entries: readonly Entry[] | undefined;

  /** For texts that `parseParams` or `parseUri` accepted. */
  constructor(raw: string) {
    this.#raw = raw;
  }

  /** The parameter's value without its quotes, "" when it has none, undefined when it is not there. */
  get(name: string): string | undefined {
    const entry = this.#find(name);
    return entry && (entry[1] === undefined ? "" : unquote(entry[1]));
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Name as written, value without its quotes. */
  *entries(): IterableIterator<readonly [string, string | undefined]> {
    for (const [name, value] of this.#read()) yield [name, value && unquote(value)];
  }

  /** The text as it was written, from the first semicolon on. */
  toString(): string {
    return this.#raw;
  }

  #find(name: string): Entry | undefined {
    const wanted = name.toLowerCase();
    return this.#read().find((entry) => entry[2] === wanted);
  }

  #read(): readonly Entry[] {
    return (this.#entries ??= this.#raw === "" ? [] : splitParams(this.#raw));
  }
}

/** No parameters at all. */
export const noParams = new Params("");

/** Name as written, value as written, name in lower case. */
type Entry = readonly [string, string | undefined, string];

/** Reads `;name=value` pairs that make up the whole text. @spec rfc3261#25.1 @spec R-sip-1 */
export function parseParams(text: string): Result<Params, Malformed> {
  const end = scanParams(text, 0);
  if (end < 0) return err({ rule: "generic-param", offset: -end - 1 });
  return end === text.length ? ok(new Params(text)) : err({ rule: "generic-param", offset: end });
}

/** Writes pairs as parameters; values that are not tokens are quoted by the caller. */
export function formatParams(entries: Iterable<readonly [string, string | undefined]>): string {
  let text = "";
  for (const [name, value] of entries) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The offset after the parameters at `start`, or `-1 - offset` of what is wrong. */
export function scanParams(text: string, start: number): number {
  let at = skipSpace(text, start);
  while (text.charCodeAt(at) === 0x3b) {
    const name = skipSpace(text, at + 1);
    at = skip(text, name, text.length, tokenChar);
    if (at === name) return -1 - at;
    at = skipSpace(text, at);
    if (text.charCodeAt(at) === 0x3d) at = scanValue(text, skipSpace(text, at + 1));
    if (at < 0) return at;
  }
  return at;
}

function scanValue(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x22) {
    const end = skipQuoted(text, start);
    return end < 0 ? -1 - start : skipSpace(text, end);
  }
  const end = skip(text, start, text.length, valueChar);
  return end === start ? -1 - start : skipSpace(text, end);
}

function splitParams(raw: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = raw.indexOf(";"); at >= 0 && at < raw.length; ) {
    const end = endOfParam(raw, at + 1);
    const equals = raw.indexOf("=", at);
    const hasValue = equals >= 0 && equals < end;
    const name = raw.slice(at + 1, hasValue ? equals : end).trim();
    entries.push([name, hasValue ? raw.slice(equals + 1, end).trim() : undefined, name.toLowerCase()]);
    at = end;
  }
  return entries;
}

function endOfParam(raw: string, start: number): number {
  for (let at = start; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    if (code === 0x3b) return at;
    if (code === 0x22) at = skipQuoted(raw, at) - 1;
  }
  return raw.length;
}
