import type { Clock } from "@heliograph/kernel";
import { MemoryConversations } from "./memory-conversations.js";
import { MemoryNonceCounts } from "./memory-nonce-counts.js";
import { MemoryRateLimits } from "./memory-rate-limits.js";
import { MemoryRecentMessages } from "./memory-recent-messages.js";
import { MemoryRegistrations } from "./memory-registrations.js";
import type { State } from "./state.js";
import { claimLeaseMs } from "./recent-messages.js";

/** What a test or an operator may change. */
export interface MemoryStateOptions {
  readonly clock?: Pick<Clock, "nowMs">;
  readonly claimLeaseMs?: number;
  readonly maxNonces?: number;
  readonly maxRecentMessages?: number;
  readonly maxRateLimitKeys?: number;
}

/** Live state for a deployment of one process: nothing leaves it, everything in it is bounded. */
export function createMemoryState(options: MemoryStateOptions = {}): State {
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const registrations = new MemoryRegistrations(clock);
  return {
    registrations,
    queues: registrations,
    nonceCounts: new MemoryNonceCounts(clock, options.maxNonces ?? 250_000),
    recentMessages: new MemoryRecentMessages(clock, {
      claimLeaseMs: options.claimLeaseMs ?? claimLeaseMs,
      maxMessages: options.maxRecentMessages ?? 250_000,
    }),
    rateLimits: new MemoryRateLimits(clock, options.maxRateLimitKeys ?? 100_000),
    conversations: new MemoryConversations(clock),
    isHealthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}
