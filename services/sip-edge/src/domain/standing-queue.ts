/** What counts as a queue that stands. */
interface Limits {
  /** How much longer than usual the fastest delivery may take. */
  readonly longestMs: number;
}

const windowMs = 250;
/** Fewer deliveries in a window say nothing: they may all be to slow devices. */
const fewestDeliveries = 50;
/** The share of a change that counts as usual after one window: a way that has become longer is usual in a minute. */
const share = 1 / 64;

/**
 * Tells overload by what it does to the fastest delivery. A device may be slow or gone, so slow deliveries mean
 * nothing; but when not even the fastest of many is fast, then every one has waited in a queue of ours, in the socket
 * before all. Whoever takes more work then has everything sent twice, and in the end defers what could be delivered.
 *
 * @spec GEN-14 @spec PF-43
 */
export class StandingQueue {
  #deliveries = 0;
  #fastestMs = Number.POSITIVE_INFINITY;
  #usualMs = 0;
  #endsAtMs = Number.NEGATIVE_INFINITY;
  #stands = false;

  constructor(private readonly limits: Limits) {}

  /** A message was delivered `tookMs` after it had come. */
  delivered(tookMs: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#deliveries += 1;
    if (tookMs < this.#fastestMs) this.#fastestMs = tookMs;
  }

  /** Whether every delivery of the last window had to wait. */
  stands(nowMs: number): boolean {
    this.#turn(nowMs);
    return this.#stands;
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#endsAtMs) return;
    const isTelling = nowMs < this.#endsAtMs + windowMs && this.#deliveries >= fewestDeliveries;
    this.#stands = isTelling && this.#fastestMs > this.#usualMs + this.limits.longestMs;
    if (isTelling) this.#learn(this.#fastestMs);
    this.#deliveries = 0;
    this.#fastestMs = Number.POSITIVE_INFINITY;
    this.#endsAtMs = nowMs + windowMs;
  }

  /** At once what is faster, slowly what is slower. */
  #learn(fastestMs: number): void {
    this.#usualMs =
      fastestMs < this.#usualMs ? fastestMs : this.#usualMs + (fastestMs - this.#usualMs) * share;
  }
}
