import { err, ok, type Result } from "@heliograph/kernel";
import { isSpace, isIn, tokenChar } from "./char-class.js";
import type { HeadScanner } from "./head-scanner.js";
import { HeaderList } from "./header-list.js";
import { hashStep, headerKeyOf, knownNameAt, slotOf, slotted } from "./header-name.js";

/** What is wrong with a header field, and how to say so. */
export interface FieldFault {
  readonly rule: string;
  readonly offset: number;
  readonly header?: string;
}

/** Fields from this slot on may stand only once. */
const firstSingleSlot = slotted.indexOf("from");

/**
 * Cuts a scanned head into header fields. One reader serves all messages: `firstOf` holds for the last one.
 *
 * @spec rfc3261#7.3
 */
export class FieldReader {
  readonly #first = new Int16Array(slotted.length);
  #repeated = 0;
  #values: string[] = [];

  /** The value of the first field of that slot. */
  firstOf(slot: number): string | undefined {
    return this.#values[this.#first[slot] ?? -1];
  }

  /** Whether several fields have that slot. */
  isRepeated(slot: number): boolean {
    return (this.#repeated & (1 << slot)) !== 0;
  }

  /** The line of the first field of that slot; 0, the start line, when there is none. */
  lineOf(slot: number): number {
    return (this.#first[slot] ?? -1) + 1;
  }

  read(text: string, scanner: HeadScanner): Result<HeaderList, FieldFault> {
    this.#first.fill(-1);
    this.#repeated = 0;
    const count = scanner.count - 1;
    const names: string[] = [];
    const keys: string[] = [];
    const values: string[] = [];
    this.#values = values;
    for (let field = 0; field < count; field += 1) {
      const start = scanner.starts[field + 1] ?? 0;
      const end = scanner.ends[field + 1] ?? 0;
      let at = start;
      let hash = 0;
      for (; at < end; at += 1) {
        const code = text.charCodeAt(at);
        if (!isIn(code, tokenChar)) break;
        hash = hashStep(hash, code);
      }
      const colon = skipBlank(text, at, end);
      if (at === start || text.charCodeAt(colon) !== 0x3a || colon === end) return err({ rule: "header-name", offset: at });
      const known = knownNameAt(text, start, at, hash);
      const name = known ? known.name : text.slice(start, at);
      const key = known ? known.key : headerKeyOf(name);
      const slot = known ? known.slot : slotOf(key);
      if (slot >= 0 && !this.#enter(slot, field)) return err({ rule: "single value", header: key, offset: start });
      names.push(name);
      keys.push(key);
      values.push(valueOf(text, colon + 1, end, scanner.isFolded[field + 1] === 1));
    }
    return ok(HeaderList.ofColumns(names, values, keys));
  }

  #enter(slot: number, field: number): boolean {
    if (this.#first[slot] === -1) {
      this.#first[slot] = field;
      return true;
    }
    this.#repeated |= 1 << slot;
    return slot < firstSingleSlot;
  }
}

/** The value without the white space around it, its continuation lines joined. @spec rfc3261#7.3.1 */
function valueOf(text: string, start: number, end: number, isFolded: boolean): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  const value = text.slice(from, to);
  return isFolded ? value.replace(/\r\n[ \t]+/g, " ") : value;
}

function skipBlank(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09)) at += 1;
  return at;
}
