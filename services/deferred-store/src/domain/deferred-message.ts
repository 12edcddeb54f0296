import type { PagerMessage } from "@heliograph/contracts";

/**
 * Why a message waits; the store is the terminating side's. `too-large-for-transport`: no device can have it as a SIP
 * message, but one may by MSRP.
 *
 * @spec DF-01 @spec DF-02 @spec DF-46
 */
export type Cause = "offline" | "unreachable" | "preference" | "queue-order" | "too-large-for-transport";

/** Where a row of the queue is. */
export interface Place {
  readonly owner: string;
  readonly seq: number;
}

/**
 * A message in the queue. Headers, identities and body are inside the envelope; outside stands what finding and
 * counting need. @spec DF-06
 */
export interface DeferredMessage extends Place {
  readonly id: string;
  readonly state: "waiting" | "notify-only" | "dropped";
  readonly attempts: number;
  readonly expiresAtMs: number;
  readonly message: PagerMessage;
}

/** How a message can end. `discarded`: its content can no longer be read. */
export type Ending = "pushed" | "refused" | "expired" | "dropped" | "discarded";
