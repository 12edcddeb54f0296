import type { Clock, Timer } from "@heliograph/kernel";

/** The time of one client: what is due when the client has closed does not come any more. */
export class LifetimeClock implements Clock {
  readonly #clock: Clock;
  readonly #armed = new Set<Timer>();
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(ms: number, run: () => void): Timer {
    if (this.#isOver) return { cancel: () => undefined };
    const armed = this.#clock.after(ms, () => {
      this.#armed.delete(timer);
      run();
    });
    const timer: Timer = {
      cancel: () => {
        this.#armed.delete(timer);
        armed.cancel();
      },
    };
    this.#armed.add(timer);
    return timer;
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#armed) timer.cancel();
  }
}
