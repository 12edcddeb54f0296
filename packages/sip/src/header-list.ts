import { headerKeyOf } from "./header-name.js";
import { splitList } from "./split-list.js";

/** A header field: its name as written, its value unfolded and otherwise verbatim. */
export type Field = readonly [name: string, value: string];

/** `: ` and CRLF. */
const colonAndLineEnd = 4;

/**
 * The header fields of a message in their order. Names compare without regard to case, and a compact form is its
 * long form. Every change makes a new list.
 *
 * @spec rfc3261#7.3
 */
export class HeaderList {
  private readonly nameColumn: readonly string[];
  private readonly valueColumn: readonly string[];
  private readonly keyColumn: readonly string[];

  private constructor(names: readonly string[], values: readonly string[], keys: readonly string[]) {
    this.nameColumn = names;
    this.valueColumn = values;
    this.keyColumn = keys;
  }

  static of(fields: Iterable<Field>): HeaderList {
    const names: string[] = [];
    const values: string[] = [];
    const keys: string[] = [];
    for (const [name, value] of fields) {
      names.push(name);
      values.push(value);
      keys.push(headerKeyOf(name));
    }
    return new HeaderList(names, values, keys);
  }

  /** Takes over columns that a parser has filled. */
  static ofColumns(names: readonly string[], values: readonly string[], keys: readonly string[]): HeaderList {
    return new HeaderList(names, values, keys);
  }

  get size(): number {
    return this.nameColumn.length;
  }

  /** The value of the first field of this name. */
  get(name: string): string | undefined {
    const at = this.keyColumn.indexOf(headerKeyOf(name));
    return at < 0 ? undefined : this.valueColumn[at];
  }

  /** The values of the fields of this name, one a field. */
  all(name: string): readonly string[] {
    const key = headerKeyOf(name);
    const found: string[] = [];
    for (let at = this.keyColumn.indexOf(key); at >= 0; at = this.keyColumn.indexOf(key, at + 1))
      found.push(this.valueColumn[at] ?? "");
    return found;
  }

  /** The values of the fields of this name, comma-joined ones apart. @spec rfc3261#7.3.1 */
  values(name: string): readonly string[] {
    return this.all(name).flatMap(splitList);
  }

  has(name: string): boolean {
    return this.keyColumn.includes(headerKeyOf(name));
  }

  fields(): readonly Field[] {
    return this.nameColumn.map((name, at) => [name, this.valueColumn[at] ?? ""]);
  }

  /** The fields as lines of a message, but for those whose key is `except`. @spec rfc3261#7.3 */
  format(except?: string): string {
    let text = "";
    for (let at = 0; at < this.nameColumn.length; at += 1) {
      if (this.keyColumn[at] !== except) text += `${this.nameColumn[at]}: ${this.valueColumn[at]}\r\n`;
    }
    return text;
  }

  /** How long `format()` is, in characters. */
  get formattedLength(): number {
    let length = 0;
    for (let at = 0; at < this.nameColumn.length; at += 1) {
      length += (this.nameColumn[at]?.length ?? 0) + (this.valueColumn[at]?.length ?? 0) + colonAndLineEnd;
    }
    return length;
  }

  /** Adds a field at the end. */
  append(name: string, value: string): HeaderList {
    return new HeaderList(
      [...this.nameColumn, name],
      [...this.valueColumn, value],
      [...this.keyColumn, headerKeyOf(name)],
    );
  }

  /** Adds a field at the beginning. */
  prepend(name: string, value: string): HeaderList {
    return new HeaderList(
      [name, ...this.nameColumn],
      [value, ...this.valueColumn],
      [headerKeyOf(name), ...this.keyColumn],
    );
  }

  /** Puts this one field where the first of its name is, or at the end; further ones of its name go. */
  set(name: string, value: string): HeaderList {
    const key = headerKeyOf(name);
    const place = this.keyColumn.indexOf(key);
    if (place < 0) return this.append(name, value);
    return this.#map((at) =>
      at === place ? [name, value] : this.keyColumn[at] === key ? undefined : this.#field(at),
    );
  }

  without(...names: readonly string[]): HeaderList {
    const keys = names.map(headerKeyOf);
    if (!this.keyColumn.some((key) => keys.includes(key))) return this;
    return this.#map((at) => (keys.includes(this.keyColumn[at] ?? "") ? undefined : this.#field(at)));
  }

  #field(at: number): Field {
    return [this.nameColumn[at] ?? "", this.valueColumn[at] ?? ""];
  }

  #map(replace: (at: number) => Field | undefined): HeaderList {
    const fields: Field[] = [];
    for (let at = 0; at < this.nameColumn.length; at += 1) {
      const field = replace(at);
      if (field) fields.push(field);
    }
    return HeaderList.of(fields);
  }
}
