import type { Clock } from "@heliograph/kernel";

/** Counts work that has been taken and not finished, so that a bus can drain. */
export class InHand {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  take(): void {
    this.#count += 1;
  }

  finish(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const settle of this.#waiting.splice(0)) settle();
  }

  /** Settles when nothing is in hand, or after `withinMs`. */
  settled(clock: Clock, withinMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.after(withinMs, resolve);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
