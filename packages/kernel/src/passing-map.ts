import { KeyedTable } from "./keyed-table.js";

class Entry<V> {
  keyHash = 0;

  constructor(
    readonly key: string,
    public value: V,
  ) {}
}

/**
 * A map for what is there for a moment: requests in hand, promises that somebody waits for.
 *
 * A `Map` in which entries come and go makes itself a new store every few changes, and the old store keeps naming the
 * new one. Once one of them has survived long enough to count as old, V8 takes all that came after it for alive until
 * the next full collection, and with the stores everything that was ever in hand: the heap fills with what is over, and
 * the full collections that this brings are the longest pauses there are. Here the places are used again.
 */
export class PassingMap<V> {
  readonly #table = new KeyedTable<Entry<V>>(seed);

  get size(): number {
    return this.#table.size;
  }

  get(key: string): V | undefined {
    return this.#table.get(key, this.#table.hashOf(key))?.value;
  }

  has(key: string): boolean {
    return this.#table.get(key, this.#table.hashOf(key)) !== undefined;
  }

  set(key: string, value: V): void {
    const keyHash = this.#table.hashOf(key);
    const known = this.#table.get(key, keyHash);
    if (known) known.value = value;
    else this.#table.add(new Entry(key, value), keyHash);
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    const known = this.#table.get(key, this.#table.hashOf(key));
    if (known) this.#table.delete(known);
    return known !== undefined;
  }

  /** The keys that are there now, in no order. */
  keys(): readonly string[] {
    return this.#table.values().map(({ key }) => key);
  }

  /** The values that are there now, in no order. */
  values(): readonly V[] {
    return this.#table.values().map(({ value }) => value);
  }
}

/** Nobody outside can guess it, so nobody can choose keys that meet. */
const seed = String(Math.random());
