import type { PagerMessage } from "@heliograph/contracts";
import type { LargeContent } from "./large-content.js";

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
  readonly cause: Cause;
  readonly attempts: number;
  readonly expiresAtMs: number;
  /** Of a large message this is the head: its body has the headers of the content alone. */
  readonly message: PagerMessage;
  readonly large: LargeContent | undefined;
}

/** How a message can end. `retrieved`: its owner came for it. `discarded`: its content can no longer be read. */
export type Ending = "pushed" | "retrieved" | "refused" | "expired" | "dropped" | "discarded";
