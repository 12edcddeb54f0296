import type { Clock } from "@heliograph/kernel";

/** How many messages one source address may send. */
export interface SourceRate {
  readonly perSecond: number;
  readonly burst: number;
  /** Says which addresses are not limited: a trusted core in front sends for everybody. Asked once for each address. */
  readonly isExempt?: (address: string) => boolean;
}

interface Bucket {
  readonly isExempt: boolean;
  tokens: number;
  filledMs: number;
}

/**
 * A token bucket for each source address, so that one that floods is held back and nobody else.
 * Keeps at most `maxSources` buckets: a full one is the same as none, so the oldest make room.
 */
export class SourceRates {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Clock;
  readonly #rate: SourceRate;
  readonly #maxSources: number;

  constructor(clock: Clock, rate: SourceRate, maxSources = 100_000) {
    this.#clock = clock;
    this.#rate = rate;
    this.#maxSources = maxSources;
  }

  /** Takes a token for a datagram from `source`; false when there is none, and the datagram is to be dropped. */
  admit(source: string): boolean {
    const bucket = this.#bucketOf(source);
    if (bucket.isExempt) return true;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Takes a token on credit for a message on a stream: how long not to read on from there, 0 in the good case. */
  charge(source: string): number {
    const bucket = this.#bucketOf(source);
    if (bucket.isExempt) return 0;
    bucket.tokens -= 1;
    return bucket.tokens >= 0 ? 0 : Math.ceil((-bucket.tokens / this.#rate.perSecond) * 1000);
  }

  #bucketOf(source: string): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(source);
    if (!bucket) return this.#add(source, nowMs);
    if (nowMs !== bucket.filledMs) {
      const gained = Math.max(0, nowMs - bucket.filledMs) * (this.#rate.perSecond / 1000);
      bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + gained);
      bucket.filledMs = nowMs;
    }
    return bucket;
  }

  #add(source: string, nowMs: number): Bucket {
    if (this.#buckets.size >= this.#maxSources) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    const isExempt = this.#rate.isExempt?.(source) ?? false;
    const bucket = { isExempt, tokens: this.#rate.burst, filledMs: nowMs };
    this.#buckets.set(source, bucket);
    return bucket;
  }
}
