import { type Result, err, ok } from "@heliograph/kernel";

const durations: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const sizes: Readonly<Record<string, number>> = { "": 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `1500`, `1500ms`, `30s`, `5m`, `2h`, `7d` → milliseconds. */
export function parseMilliseconds(text: string): Result<number, string> {
  const [, digits, unit = "ms"] = /^(\d{1,12})(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined) return err("must be a duration such as 1500ms, 30s, 5m, 2h or 7d");
  return ok(Number(digits) * (durations[unit] ?? 1));
}

/** The shortest way to write a duration. */
export function formatMilliseconds(ms: number): string {
  return shortest(ms, durations, "ms");
}

/** `65536`, `64k`, `16M`, `1G` → octets. */
export function parseBytes(text: string): Result<number, string> {
  const [, digits, unit = ""] = /^(\d{1,12})([kMG])?B?$/.exec(text) ?? [];
  if (digits === undefined) return err("must be a size such as 65536, 64k, 16M or 1G");
  return ok(Number(digits) * (sizes[unit] ?? 1));
}

/** The shortest way to write a size. */
export function formatBytes(bytes: number): string {
  return shortest(bytes, sizes, "");
}

function shortest(value: number, units: Readonly<Record<string, number>>, plain: string): string {
  const fits = Object.entries(units).filter(([, size]) => value > 0 && value % size === 0);
  const [unit, size] = fits.at(-1) ?? [plain, 1];
  return `${value / size}${unit}`;
}
