import { err, ok, type Result } from "@heliograph/kernel";
import { paramChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";
import { noParams, Params } from "./params.js";
import { skipEscaped } from "./sip-uri.js";

/** A telephone number as a URI. @spec rfc3966#3 */
export interface TelUri {
  readonly scheme: "tel";
  /** As written, visual separators kept. */
  readonly number: string;
  /** Whether it begins with `+`. */
  readonly isGlobal: boolean;
  readonly params: Params;
}

const globalNumber = /^\+[-.()]*[0-9][-.()0-9]*$/;
const localNumber = /^[-.()]*[0-9a-fA-F*#][-.()0-9a-fA-F*#]*$/;

/** Reads a tel URI; a local number MUST have a phone-context. @spec rfc3966#3 */
export function parseTelUri(text: string): Result<TelUri, Malformed> {
  const semicolon = text.indexOf(";");
  const numberEnd = semicolon < 0 ? text.length : semicolon;
  const number = text.slice(4, numberEnd);
  const isGlobal = number.startsWith("+");
  if (!(isGlobal ? globalNumber : localNumber).test(number))
    return err({ rule: "telephone-subscriber", offset: 4 });
  const bad = offsetOfBadTelParams(text, numberEnd);
  if (bad >= 0) return err({ rule: "par", offset: bad });
  const params = numberEnd === text.length ? noParams : new Params(text.slice(numberEnd));
  if (!isGlobal && !params.has("phone-context")) return err({ rule: "context", offset: numberEnd });
  return ok({ scheme: "tel", number, isGlobal, params });
}

/** Writes a tel URI. @spec rfc3966#3 */
export function formatTelUri(uri: TelUri): string {
  return `tel:${uri.number}${uri.params.toString()}`;
}

/** The number without what is there for the eye only. @spec rfc3966#4 */
export function digitsOf(number: string): string {
  return number.replace(/[-.()]/g, "").toLowerCase();
}

function offsetOfBadTelParams(text: string, start: number): number {
  for (let at = start; at < text.length; ) {
    const nameEnd = skipEscaped(text, at + 1, text.length, paramChar);
    if (nameEnd === at + 1) return nameEnd;
    at = nameEnd;
    if (text.charCodeAt(at) === 0x3d) at = skipEscaped(text, at + 1, text.length, paramChar);
    if (at < text.length && text.charCodeAt(at) !== 0x3b) return at;
  }
  return -1;
}
