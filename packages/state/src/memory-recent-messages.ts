import type { Clock } from "@heliograph/kernel";
import { expiringCache } from "./expiring-cache.js";
import { flatText } from "./flat-text.js";
import type { Claim, RecentMessages } from "./recent-messages.js";

type Entry =
  | { readonly kind: "open"; readonly lapsesAtMs: number }
  | { readonly kind: "settled"; readonly outcome: string };

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
    if (entry?.kind === "settled") return Promise.resolve(entry);
    if (entry && nowMs < entry.lapsesAtMs) return Promise.resolve({ kind: "open" });
    const lapsesAtMs = nowMs + this.options.claimLeaseMs;
    this.#entries.set(flatText(key), { kind: "open", lapsesAtMs }, { ttl: ttlMs });
    return Promise.resolve({ kind: "first" });
  }

  settle(key: string, outcome: string): Promise<void> {
    const ttl = this.#entries.getRemainingTTL(key);
    if (ttl > 0) this.#entries.set(key, { kind: "settled", outcome }, { ttl });
    return Promise.resolve();
  }

  release(key: string): Promise<void> {
    this.#entries.delete(key);
    return Promise.resolve();
  }
}
