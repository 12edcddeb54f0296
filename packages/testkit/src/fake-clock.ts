import type { Clock, Timer } from "@heliograph/kernel";

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

const mostTimers = 100_000;

/** A clock that moves when it is told to, and fires what is due in the order in which it is due. */
export class FakeClock implements Clock {
  #sinceStartMs = 0;
  readonly #due = new Set<Due>();

  constructor(readonly startMs = 1_700_000_000_000) {}

  nowMs(): number {
    return this.startMs + this.#sinceStartMs;
  }

  monotonicMs(): number {
    return this.#sinceStartMs;
  }

  after(ms: number, run: () => void): Timer {
    const due = { atMs: this.#sinceStartMs + ms, run };
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#due.size;
  }

  /**
   * Lets `ms` milliseconds pass, with every timer on the way, those included that the timers arm. Throws when that does
   * not end.
   */
  advance(ms: number): void {
    const untilMs = this.#sinceStartMs + ms;
    let fired = 0;
    for (let due = this.#earliest(untilMs); due !== undefined; due = this.#earliest(untilMs)) {
      if (++fired > mostTimers) throw new Error(`more than ${mostTimers} timers fired in ${ms} ms`);
      this.#due.delete(due);
      this.#sinceStartMs = Math.max(this.#sinceStartMs, due.atMs);
      due.run();
    }
    this.#sinceStartMs = untilMs;
  }

  #earliest(untilMs: number): Due | undefined {
    let earliest: Due | undefined;
    for (const due of this.#due) {
      if (due.atMs <= untilMs && (earliest === undefined || due.atMs < earliest.atMs)) earliest = due;
    }
    return earliest;
  }
}
