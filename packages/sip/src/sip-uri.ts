import { err, ok, type Result } from "@heliograph/kernel";
import { hexDigit, isIn, paramChar, passwordChar, uriHeaderChar, userChar } from "./char-class.js";
import { formatHostPort, type HostPort, parseHostPort } from "./host-port.js";
import type { Malformed } from "./malformed.js";
import { noParams, Params } from "./params.js";

/** A SIP or SIPS URI. @spec rfc3261#19.1.1 */
export interface SipUri extends HostPort {
  readonly scheme: "sip" | "sips";
  /** As written, escapes kept. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly params: Params;
  /** What follows the question mark, as written; "" when there is nothing. */
  readonly headers: string;
}

/** Reads a SIP or SIPS URI whose scheme is known to be `scheme`. @spec rfc3261#19.1.1 @spec rfc3261#25.1 */
export function parseSipUri(text: string, scheme: "sip" | "sips"): Result<SipUri, Malformed> {
  const start = scheme.length + 1;
  const at = text.indexOf("@", start);
  const userInfo = parseUserInfo(text, start, at);
  if (!userInfo.ok) return userInfo;
  const hostAt = at < 0 ? start : at + 1;
  const question = indexOrEnd(text, "?", hostAt, text.length);
  const semicolon = indexOrEnd(text, ";", hostAt, question);
  const hostPort = parseHostPort(text, hostAt, semicolon);
  if (!hostPort.ok) return hostPort;
  const badParam = offsetOfBadParams(text, semicolon, question);
  if (badParam >= 0) return err({ rule: "uri-parameter", offset: badParam });
  const badHeader = offsetOfBadHeaders(text, question);
  if (badHeader >= 0) return err({ rule: "headers", offset: badHeader });
  const params = semicolon === question ? noParams : new Params(text.slice(semicolon, question));
  const { user, password } = userInfo.value;
  const { host, isIpv6, port } = hostPort.value;
  return ok({ scheme, user, password, host, isIpv6, port, params, headers: text.slice(question + 1) });
}

/** Writes a SIP or SIPS URI. @spec rfc3261#19.1.1 */
export function formatSipUri(uri: SipUri): string {
  const password = uri.password === undefined ? "" : `:${uri.password}`;
  const userInfo = uri.user === undefined ? "" : `${uri.user}${password}@`;
  const headers = uri.headers === "" ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${userInfo}${formatHostPort(uri)}${uri.params.toString()}${headers}`;
}

function parseUserInfo(
  text: string,
  start: number,
  at: number,
): Result<{ user: string | undefined; password: string | undefined }, Malformed> {
  if (at < 0) return ok({ user: undefined, password: undefined });
  const colon = indexOrEnd(text, ":", start, at);
  if (colon === start) return err({ rule: "user", offset: start });
  const userEnd = skipEscaped(text, start, colon, userChar);
  if (userEnd < colon) return err({ rule: "user", offset: userEnd });
  if (colon === at) return ok({ user: text.slice(start, at), password: undefined });
  const passwordEnd = skipEscaped(text, colon + 1, at, passwordChar);
  if (passwordEnd < at) return err({ rule: "password", offset: passwordEnd });
  return ok({ user: text.slice(start, colon), password: text.slice(colon + 1, at) });
}

function offsetOfBadParams(text: string, start: number, end: number): number {
  for (let at = start; at < end; ) {
    const nameEnd = skipEscaped(text, at + 1, end, paramChar);
    if (nameEnd === at + 1) return nameEnd;
    at = nameEnd;
    if (text.charCodeAt(at) === 0x3d && at < end) {
      const valueEnd = skipEscaped(text, at + 1, end, paramChar);
      if (valueEnd === at + 1) return valueEnd;
      at = valueEnd;
    }
    if (at < end && text.charCodeAt(at) !== 0x3b) return at;
  }
  return -1;
}

function offsetOfBadHeaders(text: string, question: number): number {
  if (question === text.length) return -1;
  for (let at = question; at < text.length; ) {
    const nameEnd = skipEscaped(text, at + 1, text.length, uriHeaderChar);
    if (nameEnd === at + 1 || text.charCodeAt(nameEnd) !== 0x3d) return nameEnd;
    at = skipEscaped(text, nameEnd + 1, text.length, uriHeaderChar);
    if (at < text.length && text.charCodeAt(at) !== 0x26) return at;
  }
  return -1;
}

/** Like `skip`, over `%` HEXDIG HEXDIG as well. */
export function skipEscaped(text: string, start: number, end: number, charClass: number): number {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (isIn(code, charClass)) at += 1;
    else if (code === 0x25 && at + 2 < end && isEscape(text, at)) at += 3;
    else return at;
  }
  return end;
}

function isEscape(text: string, at: number): boolean {
  return isIn(text.charCodeAt(at + 1), hexDigit) && isIn(text.charCodeAt(at + 2), hexDigit);
}

function indexOrEnd(text: string, character: string, start: number, end: number): number {
  const at = text.indexOf(character, start);
  return at < 0 || at > end ? end : at;
}
