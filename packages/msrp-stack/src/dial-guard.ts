import type { Clock } from "@heliograph/kernel";

const windowMs = 60_000;
/** Places that are remembered; the one that failed longest ago makes room. */
const maxPlaces = 10_000;

interface Failures {
  count: number;
  readonly sinceMs: number;
}

/**
 * Who answers an offer says where we connect: connections to one place that lead to no session are counted, so that
 * nobody makes us knock at a stranger's door for long.
 *
 * @spec rfc4975#14.5
 * @spec MS-58
 */
export class DialGuard {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Whether another attempt may be made. */
  mayDial(place: string): boolean {
    const failures = this.#failures.get(place);
    if (!failures) return true;
    if (this.#clock.monotonicMs() - failures.sinceMs < windowMs) return failures.count < this.#most;
    this.#failures.delete(place);
    return true;
  }

  /** An attempt led to no session. */
  failed(place: string): void {
    const failures = this.#failures.get(place);
    if (failures) {
      failures.count += 1;
      return;
    }
    this.#failures.set(place, { count: 1, sinceMs: this.#clock.monotonicMs() });
    if (this.#failures.size <= maxPlaces) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }
}
