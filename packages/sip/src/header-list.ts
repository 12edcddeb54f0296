import { type HeaderName, headerKeyOf, headerNameOf } from "./header-name.js";
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
  private readonly nameColumn: readonly HeaderName[];
  private readonly valueColumn: readonly string[];

  private constructor(names: readonly HeaderName[], values: readonly string[]) {
    this.nameColumn = names;
    this.valueColumn = values;
  }

  static of(fields: Iterable<Field>): HeaderList {
    const names: HeaderName[] = [];
    const values: string[] = [];
    for (const [name, value] of fields) {
      names.push(headerNameOf(name));
      values.push(value);
    }
    return new HeaderList(names, values);
  }

  /** Takes over columns that a parser has filled. */
  static ofColumns(names: readonly HeaderName[], values: readonly string[]): HeaderList {
    return new HeaderList(names, values);
  }

  get size(): number {
    return this.nameColumn.length;
  }

  /** The value of the first field of this name. */
  get(name: string): string | undefined {
    const at = indexOf(this.nameColumn, headerKeyOf(name));
    return at < 0 ? undefined : this.valueColumn[at];
  }

  /** The values of the fields of this name, one a field. */
  all(name: string): readonly string[] {
    const key = headerKeyOf(name);
    const found: string[] = [];
    for (let at = indexOf(this.nameColumn, key); at >= 0; at = indexOf(this.nameColumn, key, at + 1))
      found.push(this.valueColumn[at] ?? "");
    return found;
  }

  /** The values of the fields of this name, comma-joined ones apart. @spec rfc3261#7.3.1 */
  values(name: string): readonly string[] {
    const fields = this.all(name);
    return fields.length < 2 ? splitList(fields[0] ?? "") : fields.flatMap(splitList);
  }

  has(name: string): boolean {
    return indexOf(this.nameColumn, headerKeyOf(name)) >= 0;
  }

  fields(): readonly Field[] {
    return this.nameColumn.map(({ name }, at) => [name, this.valueColumn[at] ?? ""]);
  }

  /** The fields as lines of a message, each with the line break before it, but for those whose key is `except`. @spec rfc3261#7.3 */
  format(except?: string): string {
    let text = "";
    for (let at = 0; at < this.nameColumn.length; at += 1) {
      const name = this.nameColumn[at];
      if (name !== undefined && name.key !== except) text += name.opening + (this.valueColumn[at] ?? "");
    }
    return text;
  }

  /** How long `format()` is, in characters. */
  get formattedLength(): number {
    let length = 0;
    for (let at = 0; at < this.nameColumn.length; at += 1) {
      length += (this.nameColumn[at]?.opening.length ?? 0) + (this.valueColumn[at]?.length ?? 0);
    }
    return length;
  }

  /** Adds a field at the end. */
  append(name: string, value: string): HeaderList {
    return new HeaderList(this.nameColumn.concat(headerNameOf(name)), this.valueColumn.concat(value));
  }

  /** Adds a field at the beginning. */
  prepend(name: string, value: string): HeaderList {
    return new HeaderList([headerNameOf(name)].concat(this.nameColumn), [value].concat(this.valueColumn));
  }

  /** Puts this one field where the first of its name is, or at the end; further ones of its name go. */
  set(name: string, value: string): HeaderList {
    const key = headerKeyOf(name);
    const place = indexOf(this.nameColumn, key);
    const changed = this.replaceFirst(name, value);
    if (place < 0 || indexOf(this.nameColumn, key, place + 1) < 0) return changed;
    return changed.filter((other, at) => other !== key || at === place);
  }

  /** Puts this field where the first of its name is, or at the end; further ones of its name stay. */
  replaceFirst(name: string, value: string): HeaderList {
    const place = indexOf(this.nameColumn, headerKeyOf(name));
    if (place < 0) return this.append(name, value);
    return new HeaderList(
      this.nameColumn.with(place, headerNameOf(name)),
      this.valueColumn.with(place, value),
    );
  }

  without(...names: readonly string[]): HeaderList {
    const keys = names.map(headerKeyOf);
    if (!this.nameColumn.some(({ key }) => keys.includes(key))) return this;
    return this.filter((key) => !keys.includes(key));
  }

  private filter(isKept: (key: string, at: number) => boolean): HeaderList {
    const kept = this.fields().filter(([name], at) => isKept(headerKeyOf(name), at));
    return HeaderList.of(kept);
  }
}

/** Where the first name with this key is, from `start` on, or -1. */
function indexOf(names: readonly HeaderName[], key: string, start = 0): number {
  for (let at = start; at < names.length; at += 1) if (names[at]?.key === key) return at;
  return -1;
}
