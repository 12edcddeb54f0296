/** What is known of a message that somebody wants to handle. */
export type Claim =
  /** Nobody has it: it is the caller's to handle, then to settle or release. */
  | { readonly kind: "first" }
  /** Somebody is at it. A claim lapses after a while, for whoever had it may have died: then it is `first` again. */
  | { readonly kind: "open" }
  /** It was handled, with this outcome. */
  | { readonly kind: "settled"; readonly outcome: string };

/** Messages that were handled lately, so that a repeat is told what became of the first. @spec GEN-19 */
export interface RecentMessages {
  /** Claims `key`. The claim, and later its outcome, is remembered for `ttlMs` from now. */
  claim(key: string, ttlMs: number): Promise<Claim>;
  /** Remembers what became of a claimed message, for the rest of its time. */
  settle(key: string, outcome: string): Promise<void>;
  /** Forgets a claim that came to nothing: the next attempt is a first one. */
  release(key: string): Promise<void>;
}

/** How long a claim holds off others: longer than any transaction that waits for an outcome. @spec rfc3261#17.1.2.2 */
export const claimLeaseMs = 40_000;
