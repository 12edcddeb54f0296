/** Header fields beside the paths, in their order. Names compare without regard to case. @spec rfc4975#9 @spec MS-01 */
export class FieldList {
  readonly #names: readonly string[];
  readonly #values: readonly string[];

  constructor(names: readonly string[], values: readonly string[]) {
    this.#names = names;
    this.#values = values;
  }

  /** The first value. */
  get(name: string): string | undefined {
    const index = this.#indexOf(name, 0);
    return index < 0 ? undefined : this.#values[index];
  }

  /** Whether the field is there more than once. */
  isRepeated(name: string): boolean {
    const index = this.#indexOf(name, 0);
    return index >= 0 && this.#indexOf(name, index + 1) >= 0;
  }

  /** Name and value of each. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (const [index, name] of this.#names.entries()) yield [name, this.#values[index] ?? ""];
  }

  #indexOf(name: string, from: number): number {
    const exact = this.#names.indexOf(name, from);
    if (exact >= 0) return exact;
    const wanted = name.toLowerCase();
    for (let index = from; index < this.#names.length; index += 1) {
      const own = this.#names[index] ?? "";
      if (own.length === wanted.length && own.toLowerCase() === wanted) return index;
    }
    return -1;
  }
}
