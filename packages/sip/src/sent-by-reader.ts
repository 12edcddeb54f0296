import { digit, hexDigit, hostNameChar, isIn, skipIn, tokenChar } from "./char-class.js";
import { skipSpaceIn } from "./codes.js";
import type { Malformed } from "./malformed.js";

/**
 * Finds the parts of a Via's `transport LWS sent-by`. One reader serves all: its offsets are those of the last text.
 *
 * @spec rfc3261#20.42
 */
export class SentByReader {
  #transportAt = 0;
  #transportEnd = 0;
  #hostAt = 0;
  #hostEnd = 0;
  port: number | undefined = undefined;
  /** Where the parameters begin. */
  end = 0;

  /** Scans what stands from `start` on, where the transport is; gives what is wrong with it. @spec rfc3261#18.1.1 */
  scan(codes: Uint8Array, start: number, end: number): Malformed | undefined {
    this.#transportAt = start;
    this.#transportEnd = skipIn(codes, start, end, tokenChar);
    this.#hostAt = skipSpaceIn(codes, this.#transportEnd, end);
    if (this.#transportEnd === start || this.#hostAt === this.#transportEnd)
      return { rule: "transport", offset: this.#transportEnd };
    this.#hostEnd = endOfHost(codes, this.#hostAt, end);
    if (this.#hostEnd === this.#hostAt) return { rule: "sent-by", offset: this.#hostAt };
    this.port = undefined;
    this.end = skipSpaceIn(codes, this.#hostEnd, end);
    return this.end < end && codes[this.end] === 0x3a ? this.#scanPort(codes, end) : undefined;
  }

  /** In upper case, which most write: it is looked at because converting costs a call into the runtime. */
  transportIn(raw: string, start: number): string {
    const transport = raw.slice(this.#transportAt - start, this.#transportEnd - start);
    return transport === "UDP" ? transport : transport.toUpperCase();
  }

  hostIn(raw: string, start: number): string {
    return raw.slice(this.#hostAt - start, this.#hostEnd - start);
  }

  #scanPort(codes: Uint8Array, end: number): Malformed | undefined {
    const portAt = skipSpaceIn(codes, this.end + 1, end);
    const portEnd = skipIn(codes, portAt, end, digit);
    const port = numberAt(codes, portAt, portEnd);
    if (portEnd === portAt || port > 65_535) return { rule: "port", offset: portAt };
    this.port = port;
    this.end = skipSpaceIn(codes, portEnd, end);
    return undefined;
  }
}

function numberAt(codes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at += 1) number = number * 10 + (codes[at] ?? 0) - 0x30;
  return number;
}

function endOfHost(codes: Uint8Array, start: number, end: number): number {
  if (codes[start] !== 0x5b) return skipIn(codes, start, end, hostNameChar);
  for (let at = start + 1; at < end; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0x5d) return at + 1;
    if (!isIn(code, hexDigit) && code !== 0x3a && code !== 0x2e) return start;
  }
  return start;
}
