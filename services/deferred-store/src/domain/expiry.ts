import type { PagerMessage } from "@heliograph/contracts";
import { headerOf } from "./header-of.js";

/**
 * Until when a message is worth delivering: what its sender said with Expires, counted from Date or else from its
 * arrival, and never longer than we keep messages at all. `Expires: 0` is over on arrival (R-deferred-store-1).
 *
 * @spec DF-08 @spec rfc3428#7
 */
export function expiryOf(message: PagerMessage, maxKeepMs: number): number {
  const latest = message.receivedAtMs + maxKeepMs;
  const expiresS = expiresOf(message);
  if (expiresS === undefined) return latest;
  const from = dateOf(message) ?? message.receivedAtMs;
  return Math.min(from + expiresS * 1_000, latest);
}

/**
 * The message as it goes out now: with a Date it goes as it came; without one Expires shrinks by the time in store,
 * and counts from now.
 *
 * @spec DF-46 @spec rfc3428#7
 */
export function agedBy(message: PagerMessage, nowMs: number): PagerMessage {
  const expiresS = expiresOf(message);
  if (expiresS === undefined || dateOf(message) !== undefined) return message;
  const storedS = Math.max(0, Math.floor((nowMs - message.receivedAtMs) / 1_000));
  const left = String(Math.max(1, expiresS - storedS));
  const headers = message.headers.map(([name, value]): [string, string] =>
    name.toLowerCase() === "expires" ? [name, left] : [name, value],
  );
  return { ...message, headers, receivedAtMs: nowMs };
}

function expiresOf(message: PagerMessage): number | undefined {
  const value = headerOf(message, "expires")?.trim();
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}

/** RFC 1123 dates in GMT only, as SIP has them; anything else counts as no Date. @spec rfc3261#20.17 */
function dateOf(message: PagerMessage): number | undefined {
  const value = headerOf(message, "date")?.trim();
  if (value === undefined || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value))
    return undefined;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : atMs;
}
