/**
 * Things that are there for a moment and are only ever gone through all together; each has a number to leave by. Used
 * where a `Set` would be, for the reason that `PassingMap` gives.
 */
export class Places<T extends object> {
  readonly #taken: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives the number of its place. */
  take(one: T): number {
    const place = this.#free.pop() ?? this.#taken.length;
    this.#taken[place] = one;
    return place;
  }

  /** To be called once for each number. */
  leave(place: number): void {
    this.#taken[place] = undefined;
    this.#free.push(place);
  }

  /** Those that are there now. */
  all(): readonly T[] {
    return this.#taken.filter((one) => one !== undefined);
  }
}
