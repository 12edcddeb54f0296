import type { HeaderField, PagerMessage } from "@heliograph/contracts";
import { headerOf } from "./header-of.js";

/** When the message stops being worth delivering: Expires after Date, or after it was received; without Expires never. @spec PF-55 @spec rfc3428#7 */
export function expiresAtMs(message: PagerMessage): number | undefined {
  const expires = headerOf(message, "expires")?.trim();
  if (expires === undefined || !/^\d{1,10}$/.test(expires)) return undefined;
  const dateMs = Date.parse(headerOf(message, "date") ?? "");
  return (Number.isNaN(dateMs) ? message.receivedAtMs : dateMs) + Number(expires) * 1000;
}

/** Whether its time is over. */
export function isExpired(message: PagerMessage, nowMs: number): boolean {
  const atMs = expiresAtMs(message);
  return atMs !== undefined && atMs <= nowMs;
}

/** Without Date, the next hop would count Expires from the moment of the push: what has passed is taken off. @spec DF-46 */
export function withRemainingExpiry(message: PagerMessage, nowMs: number): PagerMessage {
  const atMs = expiresAtMs(message);
  if (atMs === undefined || headerOf(message, "date") !== undefined) return message;
  const left = String(Math.max(0, Math.ceil((atMs - nowMs) / 1000)));
  const headers = message.headers.map(
    ([name, value]): HeaderField => (name.toLowerCase() === "expires" ? [name, left] : [name, value]),
  );
  return { ...message, headers };
}
