import type { ContinuationFlag } from "./head.js";

const hyphens = 7;

/**
 * Finds where a head ends, octet by octet and resumable: at an empty line, after which a body comes, or at the
 * end-line of its own transaction identifier. Offsets count from the start of the chunk.
 *
 * @spec rfc4975#7.1
 * @spec MS-02
 */
export class HeadScan {
  /** Head and what ends it. */
  length = 0;
  /** Without the CRLF of its last line. */
  textLength = 0;
  /** Undefined when a body follows. */
  flag: ContinuationFlag | undefined;
  /** No octet above 127. */
  isAscii = true;
  /** Lines end in CRLF and have no control characters. */
  isText = true;
  #at = 0;
  #lineStart = 0;
  #returns = 0;
  #feeds = 0;
  #tidEnd = 0;

  /** For the next chunk. */
  reset(): void {
    this.isAscii = true;
    this.isText = true;
    this.#at = 0;
    this.#lineStart = 0;
    this.#returns = 0;
    this.#feeds = 0;
    this.#tidEnd = 0;
  }

  /** Goes on, in a chunk that starts at `base`. True when the head is whole. */
  scan(bytes: Uint8Array, base: number, end: number): boolean {
    for (let at = base + this.#at; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      // From space to tilde, in one comparison: most octets are.
      if ((byte - 0x20) >>> 0 < 0x5f) continue;
      if (byte === 0x0d) this.#returns += 1;
      else if (byte === 0x0a) {
        if (this.#endsHead(bytes, base, at)) return true;
      } else if (byte >= 0x80) this.isAscii = false;
      else this.isText &&= byte === 0x09;
    }
    this.#at = end - base;
    return false;
  }

  /** At a line feed. */
  #endsHead(bytes: Uint8Array, base: number, at: number): boolean {
    this.#feeds += 1;
    if (bytes[at - 1] !== 0x0d || this.#returns !== this.#feeds) this.isText = false;
    const lineStart = base + this.#lineStart;
    this.flag = undefined;
    if (this.#tidEnd === 0) this.#tidEnd = endOfTid(bytes, base, at) - base;
    else if (at - lineStart === 1) return this.#finish(at + 1 - base);
    else if (bytes[lineStart] === 0x2d) {
      this.flag = flagIn(bytes, { base, tidEnd: base + this.#tidEnd, lineStart, at });
      if (this.flag !== undefined) return this.#finish(at + 1 - base);
    }
    this.#lineStart = at + 1 - base;
    return false;
  }

  #finish(length: number): true {
    this.length = length;
    this.textLength = Math.max(0, this.#lineStart - 2);
    return true;
  }
}

/** After the second word of the start line. */
function endOfTid(bytes: Uint8Array, base: number, lineEnd: number): number {
  let at = base + 5;
  while (at < lineEnd && bytes[at] !== 0x20) at += 1;
  return at;
}

interface Line {
  readonly base: number;
  readonly tidEnd: number;
  readonly lineStart: number;
  /** Its line feed. */
  readonly at: number;
}

/** The flag, when the line is the end-line of this chunk. */
function flagIn(bytes: Uint8Array, { base, tidEnd, lineStart, at }: Line): ContinuationFlag | undefined {
  const tidLength = tidEnd - base - 5;
  if (at - lineStart !== hyphens + tidLength + 2) return undefined;
  for (let index = 0; index < hyphens; index += 1) if (bytes[lineStart + index] !== 0x2d) return undefined;
  for (let index = 0; index < tidLength; index += 1)
    if (bytes[lineStart + hyphens + index] !== bytes[base + 5 + index]) return undefined;
  return flagOf(bytes[at - 2]);
}

/** Reads a continuation-flag. @spec rfc4975#9 */
export function flagOf(byte: number | undefined): ContinuationFlag | undefined {
  if (byte === 0x24) return "$";
  if (byte === 0x2b) return "+";
  return byte === 0x23 ? "#" : undefined;
}
