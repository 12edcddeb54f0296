import { headerKeyOf } from "./header-name.js";
import { splitList } from "./split-list.js";

/** A header field: its name as written, its value unfolded and otherwise verbatim. */
export type Field = readonly [name: string, value: string];

/**
 * The header fields of a message in their order. Names compare without regard to case, and a compact form is its
 * long form. Every change makes a new list.
 *
 * @spec rfc3261#7.3
 */
export class HeaderList {
  readonly #names: readonly string[];
  readonly #values: readonly string[];
  readonly #keys: readonly string[];

  private constructor(names: readonly string[], values: readonly string[], keys: readonly string[]) {
    this.#names = names;
    this.#values = values;
    this.#keys = keys;
  }

  static of(fields: Iterable<Field>): HeaderList {
    const names: string[] = [];
    const values: string[] = [];
    for (const [name, value] of fields) {
      names.push(name);
      values.push(value);
    }
    return new HeaderList(names, values, names.map(headerKeyOf));
  }

  /** Takes over columns that a parser has filled. */
  static ofColumns(names: readonly string[], values: readonly string[], keys: readonly string[]): HeaderList {
    return new HeaderList(names, values, keys);
  }

  get size(): number {
    return this.#names.length;
  }

  /** The value of the first field of this name. */
  get(name: string): string | undefined {
    const at = this.#keys.indexOf(headerKeyOf(name));
    return at < 0 ? undefined : this.#values[at];
  }

  /** The values of the fields of this name, one a field. */
  all(name: string): readonly string[] {
    const key = headerKeyOf(name);
    return this.#values.filter((_, at) => this.#keys[at] === key);
  }

  /** The values of the fields of this name, comma-joined ones apart. @spec rfc3261#7.3.1 */
  values(name: string): readonly string[] {
    return this.all(name).flatMap(splitList);
  }

  has(name: string): boolean {
    return this.#keys.includes(headerKeyOf(name));
  }

  fields(): readonly Field[] {
    return this.#names.map((name, at) => [name, this.#values[at] ?? ""]);
  }

  /** Adds a field at the end. */
  append(name: string, value: string): HeaderList {
    return new HeaderList([...this.#names, name], [...this.#values, value], [...this.#keys, headerKeyOf(name)]);
  }

  /** Adds a field at the beginning. */
  prepend(name: string, value: string): HeaderList {
    return new HeaderList([name, ...this.#names], [value, ...this.#values], [headerKeyOf(name), ...this.#keys]);
  }

  /** Puts this one field where the first of its name is, or at the end; further ones of its name go. */
  set(name: string, value: string): HeaderList {
    const key = headerKeyOf(name);
    const place = this.#keys.indexOf(key);
    if (place < 0) return this.append(name, value);
    return this.#map((at) => (at === place ? [name, value] : this.#keys[at] === key ? undefined : this.#field(at)));
  }

  without(...names: readonly string[]): HeaderList {
    const keys = names.map(headerKeyOf);
    if (!this.#keys.some((key) => keys.includes(key))) return this;
    return this.#map((at) => (keys.includes(this.#keys[at] ?? "") ? undefined : this.#field(at)));
  }

  #field(at: number): Field {
    return [this.#names[at] ?? "", this.#values[at] ?? ""];
  }

  #map(replace: (at: number) => Field | undefined): HeaderList {
    const fields: Field[] = [];
    for (let at = 0; at < this.#names.length; at += 1) {
      const field = replace(at);
      if (field) fields.push(field);
    }
    return HeaderList.of(fields);
  }
}
