import { err, ok, type Result } from "@heliograph/kernel";
import { isIn, isSpace, tokenChar } from "./char-class.js";
import { codesOf, skipSpaceIn } from "./codes.js";
import { HeadScanner } from "./head-scanner.js";
import { HeaderList } from "./header-list.js";
import { hashStep, type HeaderName, commonNameAt, headerNameOf, slotted } from "./header-name.js";
import type { Malformed } from "./malformed.js";

/** What is wrong with a header field, and how to say so. */
export interface FieldFault {
  readonly rule: string;
  readonly offset: number;
  readonly header?: string;
}

/** Reads a value, whose codes stand in `codes` from `start` on. */
type Parse<T> = (raw: string, codes: Uint8Array, start: number) => T;

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
  #text = "";
  #codes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #names: HeaderName[] = [];
  /** Where the value of each field stands in the head; -1 where it had to be unfolded. */
  readonly #starts = new Int32Array(HeadScanner.mostLines);

  /** The value of the first field of that slot. */
  firstOf(slot: number): string | undefined {
    return this.#values[this.#first[slot] ?? -1];
  }

  /** Has the value of the first field of that slot read. */
  parseFirst<T>(slot: number, parse: Parse<T>): T {
    return this.#parse(this.#first[slot] ?? -1, parse);
  }

  /** Has the values of the further fields of that slot looked at likewise; stops at the first that is malformed. */
  faultOfOthers(slot: number, faultOf: Parse<Malformed | undefined>): Malformed | undefined {
    if ((this.#repeated & (1 << slot)) === 0) return undefined;
    for (let field = (this.#first[slot] ?? 0) + 1; field < this.#names.length; field += 1) {
      if (this.#names[field]?.slot !== slot) continue;
      const fault = this.#parse(field, faultOf);
      if (fault) return fault;
    }
    return undefined;
  }

  /** The line of the first field of that slot; 0, the start line, when there is none. */
  lineOf(slot: number): number {
    return (this.#first[slot] ?? -1) + 1;
  }

  /** Reads the fields of the head `text`, whose codes are `codes`, where the scanner found its lines. */
  read(text: string, codes: Uint8Array, scanner: HeadScanner): Result<HeaderList, FieldFault> {
    const names: HeaderName[] = [];
    const values: string[] = [];
    this.#first.fill(-1);
    this.#repeated = 0;
    this.#text = text;
    this.#codes = codes;
    this.#values = values;
    this.#names = names;
    for (let line = 1; line < scanner.count; line += 1) {
      const start = scanner.starts[line] ?? 0;
      const end = scanner.ends[line] ?? 0;
      const name = this.#readName(start, end);
      if (!name) return err({ rule: "header-name", offset: this.#at });
      if (name.slot >= 0 && !this.#enter(name.slot, line - 1)) {
        return err({ rule: "single value", header: name.key, offset: start });
      }
      names.push(name);
      values.push(this.#readValue(line - 1, end, scanner.isFolded[line] === 1));
    }
    return ok(HeaderList.ofColumns(names, values));
  }

  /** Reads the name of the field at `start` and moves `#at` behind its colon, or to what is wrong. */
  #readName(start: number, end: number): HeaderName | undefined {
    const codes = this.#codes;
    let at = start;
    let hash = 0;
    for (let code = codes[at] ?? 0; at < end && isIn(code, tokenChar); code = codes[at] ?? 0) {
      hash = hashStep(hash, code);
      at += 1;
    }
    const colon = codes[at] === 0x3a ? at : skipSpaceIn(codes, at, end);
    this.#at = colon + 1;
    if (at > start && colon < end && codes[colon] === 0x3a) {
      return commonNameAt(codes, start, at, hash) ?? headerNameOf(this.#text.slice(start, at));
    }
    this.#at = at;
    return undefined;
  }

  /** Reads the value that begins at `#at`, without the white space around it. */
  #readValue(field: number, end: number, isFolded: boolean): string {
    const from = skipSpaceIn(this.#codes, this.#at, end);
    const to = endOfText(this.#codes, from, end);
    this.#starts[field] = isFolded ? -1 : from;
    const value = this.#text.slice(from, to);
    return isFolded ? unfold(value) : value;
  }

  #parse<T>(field: number, parse: Parse<T>): T {
    const start = this.#starts[field] ?? -1;
    const value = this.#values[field] ?? "";
    return start < 0 ? parse(value, codesOf(value), 0) : parse(value, this.#codes, start);
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

/** Where the value ends, white space after it left out. */
function endOfText(codes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(codes[at - 1] ?? 0)) at -= 1;
  return at;
}

/** Joins continuation lines. @spec rfc3261#7.3.1 */
function unfold(value: string): string {
  return value.replace(/\r\n[ \t]+/g, " ");
}
