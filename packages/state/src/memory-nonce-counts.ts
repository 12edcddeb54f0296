import type { Clock } from "@heliograph/kernel";
import { flatText } from "./flat-text.js";
import { expiringCache } from "./expiring-cache.js";
import type { NonceCounts } from "./nonce-counts.js";
import { type NonceWindow, slideWindow, unusedNonce } from "./nonce-window.js";

/** Nonce counts of one process; the nonces used least lately are forgotten beyond `maxNonces`. */
export class MemoryNonceCounts implements NonceCounts {
  readonly #windows;

  constructor(clock: Pick<Clock, "nowMs">, maxNonces: number) {
    this.#windows = expiringCache<NonceWindow>(clock, maxNonces);
  }

  accept(nonce: string, nc: number, ttlMs: number): Promise<boolean> {
    const window = slideWindow(this.#windows.get(nonce) ?? unusedNonce, nc);
    if (window === undefined) return Promise.resolve(false);
    this.#windows.set(flatText(nonce), window, { ttl: ttlMs });
    return Promise.resolve(true);
  }
}
