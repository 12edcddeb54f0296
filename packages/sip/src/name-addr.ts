import { err, ok, type Result } from "@heliograph/kernel";
import { isSpace, skipSpace, tokenChar, isIn } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { noParams, Params, scanParams } from "./params.js";
import { quoteString, skipQuoted, unquote } from "./quoted-string.js";
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

/** Reads one name-addr or addr-spec with its parameters. @spec rfc3261#20 @spec rfc3261#25.1 */
export function parseNameAddr(raw: string): Result<NameAddr, Malformed> {
  const start = skipSpace(raw, 0);
  const open = startOfBracket(raw, start);
  if (open < -1) return err({ rule: "display-name", offset: -open - 2 });
  return open === -1 ? parseAddrSpec(raw, start) : parseBracketed(raw, start, open);
}

/** Writes a name-addr: display name quoted, URI in brackets, then the parameters. */
export function formatNameAddr(value: Pick<NameAddr, "display" | "uri"> & { readonly params?: Params }): string {
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

/** The offset of `<`, -1 when there is none before the parameters, or `-2 - offset` of a bad display name. */
function startOfBracket(raw: string, start: number): number {
  let at = start;
  if (raw.charCodeAt(at) === 0x22) {
    const end = skipQuoted(raw, at);
    if (end < 0) return -2 - at;
    at = skipSpace(raw, end);
    return raw.charCodeAt(at) === 0x3c ? at : -2 - at;
  }
  for (; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    if (code === 0x3c) return at;
    if (code < 0x80 && !isSpace(code) && !isIn(code, tokenChar)) break;
  }
  if (raw.charCodeAt(at) === 0x3a) return -1;
  return -2 - at;
}

function parseBracketed(raw: string, start: number, open: number): Result<NameAddr, Malformed> {
  const close = raw.indexOf(">", open);
  if (close < 0) return err({ rule: "name-addr", offset: open });
  const uri = raw.slice(open + 1, close);
  const bad = offsetOfBadUriChar(uri);
  if (bad >= 0) return err({ rule: "addr-spec", offset: open + 1 + bad });
  const display = raw.slice(start, open).trim();
  return withParams(raw, close + 1, { display: display === "" ? undefined : unquote(display), uri });
}

function parseAddrSpec(raw: string, start: number): Result<NameAddr, Malformed> {
  let end = start;
  while (end < raw.length && !isSpace(raw.charCodeAt(end)) && raw.charCodeAt(end) !== 0x3b) end += 1;
  const uri = raw.slice(start, end);
  const comma = uri.search(/[,?]/);
  if (comma >= 0) return err({ rule: "addr-spec", offset: start + comma });
  const bad = offsetOfBadUriChar(uri);
  if (bad >= 0) return err({ rule: "addr-spec", offset: start + bad });
  return withParams(raw, end, { display: undefined, uri });
}

function withParams(
  raw: string,
  at: number,
  { display, uri }: { display: string | undefined; uri: string },
): Result<NameAddr, Malformed> {
  const end = scanParams(raw, at);
  if (end < 0) return err({ rule: "generic-param", offset: -end - 1 });
  if (end < raw.length) return err({ rule: "generic-param", offset: end });
  return ok({ display, uri, params: at === raw.length ? noParams : new Params(raw.slice(at).trim()), raw });
}

/** Only what every scheme has in common: a scheme, a colon, something, and no character that no URI has. */
function offsetOfBadUriChar(uri: string): number {
  const colon = uri.indexOf(":");
  if (colon <= 0 || colon === uri.length - 1) return 0;
  for (let at = 0; at < uri.length; at += 1) {
    const code = uri.charCodeAt(at);
    if (code <= 0x20 || code === 0x3c || code === 0x22 || code === 0x7f) return at;
  }
  return -1;
}
