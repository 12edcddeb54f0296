/** How many lines were left out before this one; undefined: this one is left out too. */
export type Admission = number | undefined;

/**
 * Bounds what a process writes: when something that every message needs is away, each would write its line, and a pipe
 * that is read slowly would keep them all in memory. Lines above the bound are counted, and the count is told.
 */
export class LinePace {
  #second = 0;
  #inSecond = 0;
  #leftOut = 0;

  constructor(
    private readonly maxPerSecond: number,
    private readonly monotonicMs: () => number,
  ) {}

  admit(): Admission {
    const second = Math.floor(this.monotonicMs() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > this.maxPerSecond) {
      this.#leftOut += 1;
      return undefined;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
