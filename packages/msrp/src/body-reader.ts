import type { ContinuationFlag } from "./head.js";
import { flagOf } from "./head-scan.js";
import { joinOctets } from "./octets.js";
import { OctetSearch } from "./octet-search.js";

const none = new Uint8Array(0);
const lineBreak = Uint8Array.of(0x0d, 0x0a);
/** The flag and CRLF after the needle. */
const afterNeedle = 3;

/**
 * Passes a body on as it comes, up to CRLF, seven hyphens, the transaction identifier, a flag and CRLF. Only what may
 * be the start of these, some forty octets, is held back at the end of a piece.
 *
 * @spec rfc4975#7.3.1
 * @spec MS-01
 */
export class BodyReader {
  /** What ended the body; undefined while it goes on. */
  flag: ContinuationFlag | undefined;
  readonly #search = new OctetSearch();
  #held: Uint8Array = none;
  /** Octets at the front of `#held` that belong to the head. */
  #borrowed = 0;

  /** A body begins. One of no octets may come without the CRLF of its own. @spec R-msrp-3 */
  begin(tid: string): void {
    this.flag = undefined;
    this.#search.seek(`\r\n-------${tid}`);
    this.#held = lineBreak;
    this.#borrowed = 2;
  }

  /** Reads on from `start`; gives where it stopped: at the end of `input`, or after the end-line. */
  read(input: Uint8Array, start: number, emit: (body: Uint8Array) => void): number {
    let at = start;
    if (this.#held.length > 0) {
      at = this.#readAcross(input, start, emit);
      if (this.flag !== undefined || this.#held.length > 0) return at;
    }
    for (let from = at; ; ) {
      const hit = this.#search.indexIn(input, from);
      if (hit < 0) break;
      const fit = fitAfter(input, hit + this.#search.needle.length);
      if (fit === "part") return this.#hold(input, at, hit, emit);
      if (fit === "whole") {
        if (hit > at) emit(input.subarray(at, hit));
        return this.#end(input, hit);
      }
      from = hit + 1;
    }
    return this.#hold(input, at, this.#startOfPart(input, at), emit);
  }

  /** What was held back, with the input that decides what it is. */
  #readAcross(input: Uint8Array, start: number, emit: (body: Uint8Array) => void): number {
    const held = this.#held;
    if (this.#borrowed === held.length && start < input.length && input[start] !== 0x2d) {
      this.#release(held, held.length, emit);
      return start;
    }
    const window = input.subarray(start, start + this.#search.needle.length + afterNeedle);
    const joined = joinOctets([held, window]);
    for (let at = 0; at < held.length; at += 1) {
      const fit = joined[at] === 0x0d ? this.#fitAt(joined, at) : "none";
      if (fit === "none") continue;
      this.#release(joined, at, emit);
      if (fit === "whole") return start + this.#end(joined, at) - held.length;
      this.#held = joined.subarray(at);
      return input.length;
    }
    this.#release(joined, held.length, emit);
    return start;
  }

  /** The octets before `end` are of the body after all, but for those of the head. */
  #release(bytes: Uint8Array, end: number, emit: (body: Uint8Array) => void): void {
    if (end === 0) return;
    if (end > this.#borrowed) emit(bytes.subarray(this.#borrowed, end));
    this.#borrowed = 0;
    this.#held = none;
  }

  #end(bytes: Uint8Array, at: number): number {
    const flagAt = at + this.#search.needle.length;
    this.flag = flagOf(bytes[flagAt]);
    this.#held = none;
    return flagAt + afterNeedle;
  }

  #hold(input: Uint8Array, from: number, at: number, emit: (body: Uint8Array) => void): number {
    if (at > from) emit(input.subarray(from, at));
    this.#held = at < input.length ? input.slice(at) : none;
    return input.length;
  }

  /** Where the end of the input begins to look like an end-line. */
  #startOfPart(input: Uint8Array, from: number): number {
    const width = this.#search.needle.length + afterNeedle;
    for (let at = Math.max(from, input.length - width + 1); at < input.length; at += 1)
      if (input[at] === 0x0d && this.#fitAt(input, at) === "part") return at;
    return input.length;
  }

  #fitAt(bytes: Uint8Array, at: number): Fit {
    const { needle } = this.#search;
    const length = Math.min(needle.length, bytes.length - at);
    for (let index = 0; index < length; index += 1) if (bytes[at + index] !== needle[index]) return "none";
    return fitAfter(bytes, at + needle.length);
  }
}

type Fit = "whole" | "part" | "none";

/** What stands after a needle: a flag and CRLF, the beginning of these, or something else. */
function fitAfter(bytes: Uint8Array, flagAt: number): Fit {
  if (flagAt >= bytes.length) return "part";
  if (flagOf(bytes[flagAt]) === undefined) return "none";
  if (flagAt + 1 < bytes.length && bytes[flagAt + 1] !== 0x0d) return "none";
  if (flagAt + 2 < bytes.length && bytes[flagAt + 2] !== 0x0a) return "none";
  return flagAt + 2 < bytes.length ? "whole" : "part";
}
