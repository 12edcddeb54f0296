import type { Clock } from "@heliograph/kernel";

const maxRemembered = 10_000;

/** What is known of hops for a while: those to be avoided. Bounded; the oldest knowledge goes first. */
export class HopMemory {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers `hop` for `ms` milliseconds. */
  remember(hop: string, ms: number): void {
    this.#untilMs.delete(hop);
    this.#untilMs.set(hop, this.#clock.monotonicMs() + ms);
    if (this.#untilMs.size <= maxRemembered) return;
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest);
      return;
    }
  }

  has(hop: string): boolean {
    if (this.#untilMs.size === 0) return false;
    const untilMs = this.#untilMs.get(hop);
    if (untilMs === undefined) return false;
    if (untilMs > this.#clock.monotonicMs()) return true;
    this.#untilMs.delete(hop);
    return false;
  }
}
