import { err, ok, type Result } from "@heliograph/kernel";
import { digit, skip, skipSpace, tokenChar } from "./char-class.js";
import type { Malformed } from "./malformed.js";

/** The value of a CSeq. @spec rfc3261#20.16 */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** Reads a CSeq; its number MUST be less than 2**31. @spec rfc3261#8.1.1.5 */
export function parseCSeq(raw: string): Result<CSeq, Malformed> {
  const start = skipSpace(raw, 0);
  const end = skip(raw, start, raw.length, digit);
  const number = Number(raw.slice(start, end));
  if (end === start || number > 0x7fff_ffff) return err({ rule: "CSeq number", offset: start });
  const methodAt = skipSpace(raw, end);
  const methodEnd = skip(raw, methodAt, raw.length, tokenChar);
  if (methodAt === end || methodEnd === methodAt) return err({ rule: "CSeq method", offset: methodAt });
  if (skipSpace(raw, methodEnd) < raw.length) return err({ rule: "CSeq", offset: methodEnd });
  return ok({ number, method: raw.slice(methodAt, methodEnd) });
}
