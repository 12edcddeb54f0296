import type { Clock, Timer } from "./clock.js";

/** Work that is done again and again, and never twice at once. */
export class Repeating {
  #timer: Timer | undefined;

  /** `everyMs`: from the end of one turn to the next. What a turn throws goes to `failed`, and the next one comes all the same. */
  constructor(
    private readonly clock: Pick<Clock, "after">,
    private readonly everyMs: number,
    private readonly turn: () => Promise<void>,
    private readonly failed: (cause: unknown) => void,
  ) {}

  start(): void {
    this.#timer = this.clock.after(this.everyMs, () => {
      this.turn()
        .catch(this.failed)
        .finally(() => this.#timer && this.start());
    });
  }

  /** A turn that runs goes on to its end. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
