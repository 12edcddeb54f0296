/**
 * How many INVITEs of each source address wait for their answer: one stranger who rings everybody must not take the
 * place of all others. @spec GEN-14
 */
export class WaitingSources {
  readonly #counts = new Map<string, number>();

  constructor(private readonly maxPerSource: number) {}

  get size(): number {
    return this.#counts.size;
  }

  /** Counts one more; undefined when that is one too many. What it gives is called once, when the answer is there. */
  enter(address: string): (() => void) | undefined {
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.maxPerSource) return undefined;
    this.#counts.set(address, count + 1);
    return () => this.#leave(address);
  }

  #leave(address: string): void {
    const count = (this.#counts.get(address) ?? 0) - 1;
    if (count > 0) this.#counts.set(address, count);
    else this.#counts.delete(address);
  }
}
