import { err, ok, type Result } from "@heliograph/kernel";
import type { Malformed } from "./malformed.js";

/** Where a chunk stands in its message; octets count from 1. Undefined is `*`. @spec rfc4975#7.1.1 @spec MS-07 */
export interface ByteRange {
  readonly start: number;
  readonly end: number | undefined;
  readonly total: number | undefined;
}

const shape = /^(\d{1,16})-(?:(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/;

/**
 * Reads `1-*` `/8`. What cannot be true of any chunk is malformed, before anything is allocated for it.
 *
 * @spec rfc4975#9
 * @spec rfc4975#14.5
 * @spec MS-07
 */
export function parseByteRange(text: string): Result<ByteRange, Malformed> {
  const [whole, first, last, all] = shape.exec(text) ?? [];
  if (whole === undefined) return err({ rule: "Byte-Range", offset: 0 });
  const range = { start: Number(first), end: numberIn(last), total: numberIn(all) };
  const rule = brokenRuleOf(range);
  return rule === undefined ? ok(range) : err({ rule, offset: 0 });
}

function numberIn(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function brokenRuleOf({ start, end = start - 1, total = Infinity }: ByteRange): string | undefined {
  if (start === 0 || !Number.isSafeInteger(start)) return "range-start";
  if (end < start - 1 || !Number.isSafeInteger(end)) return "range-end";
  const isNumber = total === Infinity || Number.isSafeInteger(total);
  return isNumber && end <= total ? undefined : "total";
}

/** Writes the value of a Byte-Range field. @spec rfc4975#9 */
export function formatByteRange({ start, end, total }: ByteRange): string {
  return `${start}-${end ?? "*"}/${total ?? "*"}`;
}
