import { err, ok, type Result } from "@heliograph/kernel";
import { digit, skipIn, tokenChar } from "./char-class.js";
import { codesOf, skipSpaceIn } from "./codes.js";
import type { Malformed } from "./malformed.js";

/** The value of a CSeq. @spec rfc3261#20.16 */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/**
 * Reads a CSeq, whose codes stand in `codes` from `start` on; its number MUST be less than 2**31.
 *
 * @spec rfc3261#8.1.1.5 @spec R-sip-9
 */
export function parseCSeq(raw: string, codes = codesOf(raw), start = 0): Result<CSeq, Malformed> {
  const end = start + raw.length;
  const numberAt = skipSpaceIn(codes, start, end);
  const numberEnd = skipIn(codes, numberAt, end, digit);
  const number = Number(raw.slice(numberAt - start, numberEnd - start));
  if (numberEnd === numberAt || number > 0x7fff_ffff)
    return err({ rule: "CSeq number", offset: numberAt - start });
  const methodAt = skipSpaceIn(codes, numberEnd, end);
  const methodEnd = skipIn(codes, methodAt, end, tokenChar);
  if (methodAt === numberEnd || methodEnd === methodAt)
    return err({ rule: "CSeq method", offset: methodAt - start });
  if (skipSpaceIn(codes, methodEnd, end) < end) return err({ rule: "CSeq", offset: methodEnd - start });
  return ok({ number, method: raw.slice(methodAt - start, methodEnd - start) });
}
