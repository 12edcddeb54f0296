/**
 * Why a leg is cancelled or ended.
 *
 * @spec GEN-17 @spec PF-06 @spec PF-11 @spec rfc3326#2
 */
export const legReasons = {
  /** Another device has answered. */
  elsewhere: reason(200, "Call completed elsewhere"),
  /** The user has refused on another device. */
  declined: reason(603, "Decline"),
  /** The user is busy, as another device says. */
  busy: reason(486, "Busy Here"),
  /** What was answered cannot be used. */
  unusable: reason(488, "Not Acceptable Here"),
  /** The other side is gone. */
  gone: reason(480, "Temporarily Unavailable"),
  /** The other side did not answer, or nothing was said for too long. */
  silent: reason(408, "Request Timeout"),
  /** Something of ours is gone. */
  unavailable: reason(503, "Service Unavailable"),
  /** One of the two has too many sessions. */
  refused: reason(403, "Forbidden"),
} as const;

function reason(cause: number, text: string): string {
  return `SIP;cause=${cause};text="${text}"`;
}
