import type { DialogEnd } from "@heliograph/sip";
import { unreachable } from "@heliograph/kernel";

/** A Reason value. @spec GEN-17 @spec rfc3326#2 */
export const reasonOf = (cause: number, text: string): string => `SIP;cause=${cause};text="${text}"`;

/** This node stops, or a part of the service is away. @spec GEN-17 */
export const serviceUnavailable = reasonOf(503, "Service Unavailable");

/** What the other side is told of the end of a dialog: what its peer said, or what became of it. @spec GEN-17 @spec PF-11 */
export function reasonToPass(end: DialogEnd): string | undefined {
  switch (end.by) {
    case "remote":
      return end.reasons.length === 0 ? undefined : end.reasons.join(", ");
    case "local":
      return serviceUnavailable;
    case "failure":
      return end.why === "no ACK" || end.why === "session timer"
        ? reasonOf(408, "Request Timeout")
        : reasonOf(480, "Temporarily Unavailable");
    default:
      return unreachable(end);
  }
}
