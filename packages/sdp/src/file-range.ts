import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";

/** Which octets of the file are meant, the first being 1; without a stop, to its end. */
export interface FileRange {
  readonly start: number;
  readonly stop?: number;
}

/** @spec rfc5547#6 */
export function parseFileRange(value: string, offset: number): Result<FileRange, MalformedSdp> {
  const [, start = "", stop = ""] = /^(\d{1,15})-(\d{1,15}|\*)$/.exec(value) ?? [];
  if (start === "" || Number(start) < 1) return malformed("file range", offset);
  if (stop === "*") return ok({ start: Number(start) });
  if (Number(stop) < Number(start)) return malformed("file range", offset);
  return ok({ start: Number(start), stop: Number(stop) });
}

/** `1-32349`, or `1-*`. @spec rfc5547#6 */
export function formatFileRange({ start, stop }: FileRange): string {
  return `${start}-${stop ?? "*"}`;
}
