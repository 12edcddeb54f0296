import type { Malformed } from "./malformed.js";

const mostLines = 1024;
const cr = 0x0d;
const lf = 0x0a;

/**
 * Finds the lines of a message's head in one pass over its bytes. One scanner serves all messages: its columns hold
 * what the last scan found.
 */
export class HeadScanner {
  /** No message can have more lines, whatever the limits say. */
  static readonly mostLines = mostLines;
  /** Where each line begins: the start line, then one header field each with its continuation lines. */
  readonly starts = new Int32Array(mostLines);
  /** Where each line ends, its CRLF excluded. */
  readonly ends = new Int32Array(mostLines);
  readonly isFolded = new Uint8Array(mostLines);
  count = 0;
  bodyStart = 0;
  isAscii = true;
  hasControls = false;

  /**
   * Scans to the empty line that ends the head. Line breaks before the start line are skipped.
   *
   * @spec rfc3261#7 @spec rfc3261#7.5 @spec D-sip-1
   */
  scan(
    bytes: Uint8Array,
    limits: { readonly maxHeaders: number; readonly maxLineBytes: number; readonly maxHeaderBytes: number },
  ): Malformed | undefined {
    const start = skipLineBreaks(bytes);
    const end = Math.min(bytes.length, start + limits.maxHeaderBytes);
    this.#begin(start);
    let at = skipPrintable(bytes, start);
    while (at < end) {
      const code = bytes[at] ?? 0;
      if (code === cr && bytes[at + 1] === lf) {
        const fault = this.#endLine(bytes, at, limits);
        if (fault || this.bodyStart > 0) return fault;
        at += 1;
      } else if (code === cr || code === lf) return { rule: "CRLF", offset: at };
      else if (code > 0x7f) this.isAscii = false;
      else if (code !== 0x09) this.hasControls = true;
      at = skipPrintable(bytes, at + 1);
    }
    return { rule: ruleOfEnd(at, { start, end, length: bytes.length }), offset: end };
  }

  /** Turns offsets in bytes into offsets in characters, for a head that is not ASCII. */
  countCharacters(bytes: Uint8Array): void {
    let at = this.starts[0] ?? 0;
    let characters = at;
    const convert = (offsets: Int32Array, line: number) => {
      for (const end = offsets[line] ?? 0; at < end; at += 1) characters += unitsOf(bytes[at] ?? 0);
      offsets[line] = characters;
    };
    for (let line = 0; line < this.count; line += 1) {
      convert(this.starts, line);
      convert(this.ends, line);
    }
  }

  #begin(start: number): void {
    this.count = 0;
    this.bodyStart = 0;
    this.isAscii = true;
    this.hasControls = false;
    this.starts[0] = start;
    this.isFolded[0] = 0;
  }

  /** Takes note of the CRLF at `at`; sets `bodyStart` when it is the head's last. */
  #endLine(
    bytes: Uint8Array,
    at: number,
    limits: { readonly maxHeaders: number; readonly maxLineBytes: number },
  ): Malformed | undefined {
    const next = bytes[at + 2];
    const start = this.starts[this.count] ?? 0;
    if (at - start > limits.maxLineBytes) return { rule: "line size", offset: start };
    if (next === 0x20 || next === 0x09) {
      this.isFolded[this.count] = 1;
      return undefined;
    }
    this.ends[this.count] = at;
    this.count += 1;
    if (this.count > limits.maxHeaders + 1 || this.count === mostLines)
      return { rule: "number of headers", offset: start };
    this.starts[this.count] = at + 2;
    this.isFolded[this.count] = 0;
    if (next === cr && bytes[at + 3] === lf) this.bodyStart = at + 4;
    return undefined;
  }
}

/** The offset of the first byte from `start` on that is not printable ASCII, or the length. */
function skipPrintable(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let code = bytes[at] ?? 0; code > 0x1f && code < 0x7f; code = bytes[at] ?? 0) at += 1;
  return at;
}

/** Which rule a head breaks that has no end. */
function ruleOfEnd(
  at: number,
  { start, end, length }: { start: number; end: number; length: number },
): string {
  if (end < length) return "head size";
  return at === start ? "start line" : "end of head";
}

/** How many UTF-16 units the character has that this byte begins. */
function unitsOf(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 0;
  return byte >= 0xf0 ? 2 : 1;
}

function skipLineBreaks(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === cr && bytes[at + 1] === lf) at += 2;
  return at;
}
