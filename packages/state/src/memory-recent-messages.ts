import type { Clock } from "@heliograph/kernel";
import { expiringCache } from "./expiring-cache.js";
import { flatText } from "./flat-text.js";
import type { Claim, RecentMessages } from "./recent-messages.js";

/** Settled in place: a second entry of the cache for every message would cost more than all the rest. */
interface Entry {
  readonly lapsesAtMs: number;
  /** Undefined while the message is open. */
  outcome: string | undefined;
}

interface Options {
  readonly claimLeaseMs: number;
  readonly maxMessages: number;
}

/** Recent messages of one process; the oldest are forgotten beyond `maxMessages`. */
export class MemoryRecentMessages implements RecentMessages {
  readonly #entries;

  constructor(
    private readonly clock: Pick<Clock, "nowMs">,
    private readonly options: Options,
  ) {
    this.#entries = expiringCache<Entry>(clock, options.maxMessages);
  }

  claim(key: string, ttlMs: number): Promise<Claim> {
    const entry = this.#entries.get(key);
    const nowMs = this.clock.nowMs();
    if (entry?.outcome !== undefined) return Promise.resolve({ kind: "settled", outcome: entry.outcome });
    if (entry && nowMs < entry.lapsesAtMs) return Promise.resolve({ kind: "open" });
    const lapsesAtMs = nowMs + this.options.claimLeaseMs;
    this.#entries.set(flatText(key), { lapsesAtMs, outcome: undefined }, { ttl: ttlMs });
    return Promise.resolve({ kind: "first" });
  }

  settle(key: string, outcome: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry) entry.outcome = outcome;
    return Promise.resolve();
  }

  release(key: string): Promise<void> {
    this.#entries.delete(key);
    return Promise.resolve();
  }
}
