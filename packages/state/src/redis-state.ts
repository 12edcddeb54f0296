import type { Clock } from "@heliograph/kernel";
import { claimLeaseMs } from "./recent-messages.js";
import { RedisConversations } from "./redis-conversations.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisNonceCounts } from "./redis-nonce-counts.js";
import { RedisRateLimits } from "./redis-rate-limits.js";
import { RedisRecentMessages } from "./redis-recent-messages.js";
import { RedisRegistrations } from "./redis-registrations.js";
import type { State } from "./state.js";

/** What a test or an operator may change. */
export interface RedisStateOptions {
  readonly clock?: Pick<Clock, "nowMs">;
  readonly claimLeaseMs?: number;
  /** In front of every key, so that deployments can share a server. */
  readonly prefix?: string;
}

/**
 * Live state in Redis, for deployments of several processes. Rejects when Redis does not answer now; when it goes
 * away later, operations fail within a second with {@link StateUnavailable} until it is back.
 */
export async function connectRedisState(url: string, options: RedisStateOptions = {}): Promise<State> {
  const { clock = { nowMs: () => Date.now() }, prefix = "heliograph:" } = options;
  const connection = await RedisConnection.open(url);
  const registrations = new RedisRegistrations(connection, prefix, clock);
  return {
    registrations,
    queues: registrations,
    nonceCounts: new RedisNonceCounts(connection, prefix),
    recentMessages: new RedisRecentMessages(connection, prefix, clock, options.claimLeaseMs ?? claimLeaseMs),
    rateLimits: new RedisRateLimits(connection, prefix),
    conversations: new RedisConversations(connection, prefix, clock),
    isHealthy: () => connection.isHealthy(),
    close: async () => connection.close(),
  };
}
