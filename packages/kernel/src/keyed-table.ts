import { hashOf } from "./hash-of.js";

/** What stands in a table under its key. */
export interface Keyed {
  readonly key: string;
  /** For {@link KeyedTable} alone: whoever leaves has no need to read the key again. */
  keyHash: number;
}

const fewestSlots = 1024;

/**
 * Things by key, of which many come and go. A `Map` of a hundred thousand strings costs several cache misses for every
 * look-up, because it reads the strings it meets on the way; here the hashes lie side by side, and a string is read only
 * where its hash is the one sought. And a `Map` makes a new store every few changes, which {@link PassingMap} says the
 * price of. Open addressing with linear probing, at most half full; deletion closes the gap.
 */
export class KeyedTable<T extends Keyed> {
  readonly #seed: number;
  /** 0 where the slot is empty. */
  #hashes = new Int32Array(fewestSlots);
  #slots: (T | undefined)[] = emptySlots<T>(fewestSlots);
  #mask = fewestSlots - 1;
  #size = 0;

  /** A seed that nobody can guess keeps strangers from choosing keys that meet. */
  constructor(seed: string) {
    this.#seed = hashOf(seed, 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Never 0. */
  hashOf(key: string): number {
    return hashOf(key, this.#seed) || 1;
  }

  get(key: string, keyHash: number): T | undefined {
    const hashes = this.#hashes;
    for (let at = keyHash & this.#mask; hashes[at] !== 0; at = (at + 1) & this.#mask) {
      if (hashes[at] !== keyHash) continue;
      const found = this.#slots[at];
      if (found?.key === key) return found;
    }
    return undefined;
  }

  /** To be used for a key that is not there. */
  add(one: T, keyHash: number): void {
    if (2 * this.#size >= this.#mask) this.#grow();
    one.keyHash = keyHash;
    this.#put(one, keyHash);
    this.#size += 1;
  }

  /** Does nothing for one that is not there. */
  delete(one: T): void {
    let at = one.keyHash & this.#mask;
    while (this.#slots[at] !== one) {
      if (this.#hashes[at] === 0) return;
      at = (at + 1) & this.#mask;
    }
    this.#size -= 1;
    this.#close(at);
  }

  /** Those that stand here now. */
  values(): readonly T[] {
    return this.#slots.filter((one) => one !== undefined);
  }

  clear(): void {
    this.#hashes.fill(0);
    this.#slots.fill(undefined);
    this.#size = 0;
  }

  #put(one: T, keyHash: number): void {
    let at = keyHash & this.#mask;
    while (this.#hashes[at] !== 0) at = (at + 1) & this.#mask;
    this.#hashes[at] = keyHash;
    this.#slots[at] = one;
  }

  /** Moves back whoever stands behind the gap and would be nearer to home in it. */
  #close(emptied: number): void {
    let gap = emptied;
    for (let at = (gap + 1) & this.#mask; ; at = (at + 1) & this.#mask) {
      const keyHash = this.#hashes[at] ?? 0;
      if (keyHash === 0) break;
      if (((at - keyHash) & this.#mask) < ((at - gap) & this.#mask)) continue;
      this.#hashes[gap] = keyHash;
      this.#slots[gap] = this.#slots[at];
      gap = at;
    }
    this.#hashes[gap] = 0;
    this.#slots[gap] = undefined;
  }

  #grow(): void {
    const slots = this.#slots;
    const count = 2 * slots.length;
    this.#hashes = new Int32Array(count);
    this.#slots = emptySlots<T>(count);
    this.#mask = count - 1;
    for (const one of slots) if (one) this.#put(one, one.keyHash);
  }
}

function emptySlots<T>(count: number): (T | undefined)[] {
  return Array.from<T | undefined>({ length: count }).fill(undefined);
}
