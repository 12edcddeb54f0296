/** Where one field stands in the text of a head. */
export interface FieldPlace {
  readonly nameAt: number;
  readonly colonAt: number;
  /** After its value. */
  readonly end: number;
}

/**
 * Header fields beside the paths, in their order. Names compare without regard to case. Most are never asked for, so
 * that names and values are cut out of the head only when they are.
 *
 * @spec rfc4975#9
 * @spec MS-01
 */
export class FieldList {
  readonly #text: string;
  readonly #places: readonly FieldPlace[];

  constructor(text: string, places: readonly FieldPlace[]) {
    this.#text = text;
    this.#places = places;
  }

  /** The first value. */
  get(name: string): string | undefined {
    const place = this.#places[this.#indexOf(name, 0)];
    return place && this.#valueOf(place);
  }

  /** Whether the field is there more than once. */
  isRepeated(name: string): boolean {
    const index = this.#indexOf(name, 0);
    return index >= 0 && this.#indexOf(name, index + 1) >= 0;
  }

  /** Name and value of each. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (const place of this.#places)
      yield [this.#text.slice(place.nameAt, place.colonAt), this.#valueOf(place)];
  }

  #valueOf({ colonAt, end }: FieldPlace): string {
    return this.#text.slice(colonAt + 2, end);
  }

  #indexOf(name: string, from: number): number {
    const places = this.#places;
    for (let index = from; index < places.length; index += 1) {
      const place = places[index];
      if (place && place.colonAt - place.nameAt === name.length && this.#isNamed(place, name)) return index;
    }
    return -1;
  }

  #isNamed({ nameAt, colonAt }: FieldPlace, name: string): boolean {
    if (this.#text.startsWith(name, nameAt)) return true;
    return this.#text.slice(nameAt, colonAt).toLowerCase() === name.toLowerCase();
  }
}
