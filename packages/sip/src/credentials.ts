import { err, ok, type Result } from "@heliograph/kernel";
import { skip, skipSpace, tokenChar, valueChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { skipQuoted, unquote } from "./quoted-string.js";

/** A challenge, or credentials: both are a scheme and parameters. @spec rfc3261#20.7 @spec rfc3261#20.44 */
export interface AuthParams {
  /** As written; compares without regard to case. */
  readonly scheme: string;
  /** Names in lower case, values without their quotes. */
  readonly params: ReadonlyMap<string, string>;
}

const mostParams = 64;

/** Reads the value of a WWW-Authenticate or Proxy-Authenticate field. @spec rfc3261#25.1 */
export function parseAuthChallenge(text: string): Result<AuthParams, Malformed> {
  return parseAuth(text);
}

/**
 * Reads the value of an Authorization or Proxy-Authorization field. One without any parameters is taken, as
 * IMS terminals send it.
 *
 * @spec rfc3261#25.1
 */
export function parseCredentials(text: string): Result<AuthParams, Malformed> {
  return parseAuth(text);
}

function parseAuth(text: string): Result<AuthParams, Malformed> {
  const start = skipSpace(text, 0);
  const schemeEnd = skip(text, start, text.length, tokenChar);
  if (schemeEnd === start) return err({ rule: "auth-scheme", offset: start });
  const params = new Map<string, string>();
  let at = skipSpace(text, schemeEnd);
  if (at === schemeEnd && at < text.length) return err({ rule: "LWS", offset: at });
  while (at < text.length) {
    const param = parseAuthParam(text, at);
    if (!param.ok) return param;
    const { name, value, end } = param.value;
    if (params.has(name)) return err({ rule: "repeated auth-param", offset: at });
    if (params.size === mostParams) return err({ rule: "number of auth-params", offset: at });
    params.set(name, value);
    at = skipSpace(text, end);
    if (at === text.length) break;
    if (text.charCodeAt(at) !== 0x2c) return err({ rule: "COMMA", offset: at });
    at = skipSpace(text, at + 1);
    if (at === text.length) return err({ rule: "auth-param", offset: at });
  }
  return ok({ scheme: text.slice(start, schemeEnd), params });
}

function parseAuthParam(
  text: string,
  start: number,
): Result<{ name: string; value: string; end: number }, Malformed> {
  const nameEnd = skip(text, start, text.length, tokenChar);
  const equals = skipSpace(text, nameEnd);
  if (nameEnd === start || text.charCodeAt(equals) !== 0x3d)
    return err({ rule: "auth-param", offset: equals });
  const valueAt = skipSpace(text, equals + 1);
  const isQuoted = text.charCodeAt(valueAt) === 0x22;
  const end = isQuoted ? skipQuoted(text, valueAt) : skipUnquoted(text, valueAt);
  if (end < 0 || end === valueAt) return err({ rule: "auth-param value", offset: valueAt });
  return ok({
    name: text.slice(start, nameEnd).toLowerCase(),
    value: unquote(text.slice(valueAt, end)),
    end,
  });
}

/** A value as a token, or as base64 with its padding. */
function skipUnquoted(text: string, start: number): number {
  let at = skip(text, start, text.length, valueChar);
  while (at > start && text.charCodeAt(at) === 0x3d) at += 1;
  return at;
}
