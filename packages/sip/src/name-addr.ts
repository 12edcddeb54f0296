import { err, ok, type Result } from "@heliograph/kernel";
import { isIn, isSpace, tokenChar } from "./char-class.js";
import { codesOf, skipQuotedIn, skipSpaceIn } from "./codes.js";
import type { Malformed } from "./malformed.js";
import { type Params, paramsFrom, scanParams } from "./params.js";
import { quoteString, unquote } from "./quoted-string.js";
import { splitList } from "./split-list.js";

/** The value of a From, To, Contact, Route and their like. @spec rfc3261#20.10 */
export interface NameAddr {
  /** The display name without its quotes. */
  readonly display: string | undefined;
  /** The URI as it is written. */
  readonly uri: string;
  /** The parameters of the header field, not those of the URI. */
  readonly params: Params;
  readonly raw: string;
}

/**
 * Reads one name-addr or addr-spec with its parameters; its codes stand in `codes` from `start` on.
 *
 * @spec rfc3261#20 @spec rfc3261#25.1
 */
export function parseNameAddr(raw: string, codes = codesOf(raw), start = 0): Result<NameAddr, Malformed> {
  const end = start + raw.length;
  const displayAt = skipSpaceIn(codes, start, end);
  const open = startOfBracket(codes, displayAt, end);
  if (open < -1) return err({ rule: "display-name", offset: -open - 2 - start });
  const isBracketed = open >= 0;
  const uriAt = isBracketed ? open + 1 : displayAt;
  const uriEnd = skipUri(codes, uriAt, end, isBracketed);
  if (uriEnd < 0) return err({ rule: "addr-spec", offset: -uriEnd - 1 - start });
  const paramsAt = isBracketed ? uriEnd + 1 : uriEnd;
  const paramsEnd = scanParams(codes, paramsAt, end);
  if (paramsEnd !== end) {
    return err({ rule: "generic-param", offset: (paramsEnd < 0 ? -paramsEnd - 1 : paramsEnd) - start });
  }
  const uri = raw.slice(uriAt - start, uriEnd - start);
  return ok(new NameAddrValue(raw, isBracketed ? open - start : 0, uri, paramsAt - start));
}

/** Writes a name-addr: display name quoted, URI in brackets, then the parameters. @spec rfc3261#20.10 */
export function formatNameAddr(
  value: Pick<NameAddr, "display" | "uri"> & { readonly params?: Params },
): string {
  const display = value.display === undefined ? "" : `${quoteString(value.display)} `;
  return `${display}<${value.uri}>${value.params?.toString() ?? ""}`;
}

/** Reads what all Contact fields of a message say together, given joined by commas. @spec rfc3261#20.10 */
export function parseContactList(text: string): Result<"*" | readonly NameAddr[], Malformed> {
  if (text.trim() === "*") return ok("*");
  const contacts: NameAddr[] = [];
  for (const element of splitList(text)) {
    const contact = parseNameAddr(element);
    if (!contact.ok) return contact;
    contacts.push(contact.value);
  }
  return ok(contacts);
}

/** A name-addr whose display name and parameters are cut from it when somebody asks. */
class NameAddrValue implements NameAddr {
  readonly raw: string;
  readonly uri: string;
  private readonly displayEnd: number;
  private readonly paramsAt: number;
  private readParams: Params | undefined;

  constructor(raw: string, displayEnd: number, uri: string, paramsAt: number) {
    this.raw = raw;
    this.displayEnd = displayEnd;
    this.uri = uri;
    this.paramsAt = paramsAt;
  }

  get display(): string | undefined {
    const display = this.raw.slice(0, this.displayEnd).trim();
    return display === "" ? undefined : unquote(display);
  }

  get params(): Params {
    return (this.readParams ??= paramsFrom(this.raw, this.paramsAt));
  }
}

/** The offset of `<`, -1 when the URI stands alone, or `-2 - offset` of a bad display name. */
function startOfBracket(codes: Uint8Array, start: number, end: number): number {
  if (start < end && codes[start] === 0x22) return startAfterQuoted(codes, start, end);
  for (let at = start; at < end; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0x3c) return at;
    if (code === 0x3a) return -1;
    if (code < 0x80 && !isSpace(code) && !isIn(code, tokenChar)) return -2 - at;
  }
  return -2 - end;
}

function startAfterQuoted(codes: Uint8Array, start: number, end: number): number {
  const quoteEnd = skipQuotedIn(codes, start, end);
  if (quoteEnd < 0) return -2 - start;
  const at = skipSpaceIn(codes, quoteEnd, end);
  return at < end && codes[at] === 0x3c ? at : -2 - at;
}

/**
 * The offset after a URI, or `-1 - offset` of what no URI has. Only what every scheme has in common is checked. One
 * without brackets ends before the parameters and cannot have a comma or a question mark.
 *
 * @spec rfc3261#20 @spec rfc4475#3.1.2.13 @spec rfc4475#3.1.2.14
 */
function skipUri(codes: Uint8Array, start: number, end: number, isBracketed: boolean): number {
  let at = start;
  while (at < end && isUriCode(codes[at] ?? 0, isBracketed)) at += 1;
  if (!hasScheme(codes, start, at)) return -1 - start;
  if (at === end) return isBracketed ? -1 - start : at;
  return isEndOfUri(codes[at] ?? 0, isBracketed) ? at : -1 - at;
}

function hasScheme(codes: Uint8Array, start: number, end: number): boolean {
  let colon = start;
  while (colon < end && codes[colon] !== 0x3a) colon += 1;
  return colon > start && colon < end;
}

function isUriCode(code: number, isBracketed: boolean): boolean {
  if (code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x7f) return false;
  return isBracketed || (code !== 0x2c && code !== 0x3f && code !== 0x3b);
}

function isEndOfUri(code: number, isBracketed: boolean): boolean {
  return isBracketed ? code === 0x3e : code === 0x3b || isSpace(code);
}
