/**
 * Why a leg is cancelled or ended.
 *
 * @spec GEN-17 @spec PF-06 @spec PF-11 @spec rfc3326#2
 */
export const legReasons = {
  /** Another device has answered. */
  elsewhere: formatReason(200, "Call completed elsewhere"),
  /** The user has refused on another device. */
  declined: formatReason(603, "Decline"),
  /** The user is busy, as another device says. */
  busy: formatReason(486, "Busy Here"),
  /** What was answered cannot be used. */
  unusable: formatReason(488, "Not Acceptable Here"),
  /** The other side is gone. */
  gone: formatReason(480, "Temporarily Unavailable"),
  /** The other side did not answer, or nothing was said for too long. */
  silent: formatReason(408, "Request Timeout"),
  /** Something of ours is gone. */
  unavailable: formatReason(503, "Service Unavailable"),
  /** One of the two has too many sessions. */
  refused: formatReason(403, "Forbidden"),
} as const;

/** A Reason value; `text` has no quotes in it. @spec rfc3326#2 */
export function formatReason(cause: number, text: string): string {
  return `SIP;cause=${cause};text="${text}"`;
}
