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
  const [whole, first = "", last, all] = shape.exec(text) ?? [];
  if (whole === undefined) return err({ rule: "Byte-Range", offset: 0 });
  const start = Number(first);
  const end = last === undefined ? undefined : Number(last);
  const total = all === undefined ? undefined : Number(all);
  if (start === 0 || !Number.isSafeInteger(start)) return err({ rule: "range-start", offset: 0 });
  if (end !== undefined && (end < start - 1 || !Number.isSafeInteger(end)))
    return err({ rule: "range-end", offset: first.length + 1 });
  if (total !== undefined && (start - 1 > total || (end ?? 0) > total || !Number.isSafeInteger(total)))
    return err({ rule: "total", offset: text.indexOf("/") + 1 });
  return ok({ start, end, total });
}

/** Writes the value of a Byte-Range field. @spec rfc4975#9 */
export function formatByteRange({ start, end, total }: ByteRange): string {
  return `${start}-${end ?? "*"}/${total ?? "*"}`;
}
