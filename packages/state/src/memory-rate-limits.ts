import type { Clock } from "@heliograph/kernel";
import { expiringCache } from "./expiring-cache.js";
import { flatText } from "./flat-text.js";
import type { Allowance, RateLimits } from "./rate-limits.js";

interface Window {
  readonly endsAtMs: number;
  taken: number;
}

const allowed: Allowance = { kind: "allowed" };

/** Rate limits of one process; the keys used least lately are forgotten beyond `maxKeys`. */
export class MemoryRateLimits implements RateLimits {
  readonly #windows;

  constructor(
    private readonly clock: Pick<Clock, "nowMs">,
    maxKeys: number,
  ) {
    this.#windows = expiringCache<Window>(clock, maxKeys);
  }

  take(key: string, limitPerWindow: number, windowMs: number): Promise<Allowance> {
    const nowMs = this.clock.nowMs();
    const window = this.#windows.get(key) ?? this.#open(key, nowMs + windowMs, windowMs);
    if (window.taken >= limitPerWindow) {
      return Promise.resolve({ kind: "limited", retryAfterMs: Math.max(1, window.endsAtMs - nowMs) });
    }
    window.taken += 1;
    return Promise.resolve(allowed);
  }

  #open(key: string, endsAtMs: number, ttl: number): Window {
    const window = { endsAtMs, taken: 0 };
    this.#windows.set(flatText(key), window, { ttl });
    return window;
  }
}
