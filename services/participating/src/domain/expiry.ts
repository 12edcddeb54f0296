import type { PagerMessage } from "@heliograph/contracts";
import { headerOf } from "./header-of.js";

type Perishable = Pick<PagerMessage, "headers" | "receivedAtMs">;

/** When the message stops being worth delivering: Expires after Date, or after it was received; without Expires never. @spec PF-55 @spec rfc3428#7 */
function expiresAtMs(message: Perishable): number | undefined {
  const expires = headerOf(message, "expires")?.trim();
  if (expires === undefined || !/^\d{1,10}$/.test(expires)) return undefined;
  const dateMs = Date.parse(headerOf(message, "date") ?? "");
  return (Number.isNaN(dateMs) ? message.receivedAtMs : dateMs) + Number(expires) * 1000;
}

/** Whether its time is over. */
export function isExpired(message: Perishable, nowMs: number): boolean {
  const atMs = expiresAtMs(message);
  return atMs !== undefined && atMs <= nowMs;
}
