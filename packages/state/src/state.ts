import type { Conversations } from "./conversations.js";
import type { NonceCounts } from "./nonce-counts.js";
import type { Queues } from "./queues.js";
import type { RateLimits } from "./rate-limits.js";
import type { RecentMessages } from "./recent-messages.js";
import type { Registrations } from "./registrations.js";

/** What is live. All of it may be lost at the price of registering again, never of a message. */
export interface State {
  readonly registrations: Registrations;
  readonly queues: Queues;
  readonly nonceCounts: NonceCounts;
  readonly recentMessages: RecentMessages;
  readonly rateLimits: RateLimits;
  readonly conversations: Conversations;
  /** Whether operations would succeed now. */
  isHealthy(): Promise<boolean>;
  /** Lets go of connections and timers. */
  close(): Promise<void>;
}

/** Live state cannot be reached: the caller answers 5xx and tries again later. */
export class StateUnavailable extends Error {
  override readonly name = "StateUnavailable";
  constructor(
    readonly operation: string,
    options?: ErrorOptions,
  ) {
    super(`live state is out of reach (${operation})`, options);
  }
}
