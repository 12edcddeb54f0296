import { answerableRequest } from "./answerable-request.js";
import { decodeOctets } from "./decode-text.js";
import { faultReasonOf, faultStatusOf } from "./fault-reason.js";
import type { FieldFault } from "./field-reader.js";
import type { MalformedMessage } from "./malformed-message.js";
import { parseContentLength } from "./message-body.js";
import { defaultParseLimits, type ParseLimits } from "./parse-limits.js";

/** What a stream turned out to hold. After `malformed`, nothing in the stream has a meaning: it must be closed. */
export type Framed =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  | { readonly kind: "ping" }
  | { readonly kind: "pong" }
  | { readonly kind: "malformed"; readonly error: MalformedMessage };

const cr = 0x0d;
const lf = 0x0a;
const nothing = new Uint8Array(0);

/**
 * Cuts the bytes of one connection into messages by Content-Length, and finds the keep-alives between them. It holds
 * at most one incomplete message, within the limits, and searches each byte once however slowly it comes.
 *
 * @spec rfc3261#7.5 @spec rfc3261#18.3 @spec rfc5626#3.5.1 @spec rfc5626#5.4
 */
export class StreamFramer {
  readonly #limits: ParseLimits;
  #held = nothing;
  #heldBytes = 0;
  /** Up to here, counted from the beginning of the message, its head has no end. */
  #searched = 0;
  /** The length of head and body together, once the head is there; 0 before. */
  #messageBytes = 0;
  #endsInLineBreak = false;
  #isBroken = false;

  constructor(limits: Partial<ParseLimits> = {}) {
    this.#limits = { ...defaultParseLimits, ...limits };
  }

  /** How many bytes of an incomplete message wait for the rest of it. */
  get waitingBytes(): number {
    return this.#heldBytes;
  }

  /** Takes the next bytes. Messages may be views of `chunk`: it must not be written to afterwards. */
  push(chunk: Uint8Array): readonly Framed[] {
    const framed: Framed[] = [];
    if (this.#isBroken) return framed;
    const bytes = this.#heldBytes === 0 ? chunk : this.#append(chunk);
    let at = 0;
    while (at < bytes.length && !this.#isBroken) {
      const isKeepAlive = this.#messageBytes === 0 && (bytes[at] === cr || bytes[at] === lf);
      const taken = isKeepAlive
        ? this.#takeLineBreaks(bytes, at, framed)
        : this.#takeMessage(bytes, at, framed);
      if (taken === 0) break;
      at += taken;
    }
    this.#keep(this.#isBroken ? nothing : bytes, at);
    return framed;
  }

  /**
   * A run of line breaks is one ping if it has two of them, else a pong. A pong that turns out to be the first half
   * of a ping, because another line break comes next, is followed by that ping. @spec R-sip-4
   */
  #takeLineBreaks(bytes: Uint8Array, start: number, framed: Framed[]): number {
    let at = start;
    while (bytes[at] === cr && bytes[at + 1] === lf) at += 2;
    if (at < bytes.length && (bytes[at] === lf || (bytes[at] === cr && at + 1 < bytes.length))) {
      return this.#break({ rule: "CRLF", offset: at }, nothing, framed);
    }
    if (at === start) return 0;
    const isPing = at - start > 2 || this.#endsInLineBreak;
    this.#endsInLineBreak = !isPing && at === bytes.length;
    framed.push({ kind: isPing ? "ping" : "pong" });
    return at - start;
  }

  #takeMessage(bytes: Uint8Array, start: number, framed: Framed[]): number {
    this.#endsInLineBreak = false;
    if (this.#messageBytes === 0 && !this.#readHead(bytes, start, framed)) return 0;
    if (bytes.length - start < this.#messageBytes) return 0;
    const length = this.#messageBytes;
    framed.push({ kind: "message", bytes: bytes.subarray(start, start + length) });
    this.#messageBytes = 0;
    this.#searched = 0;
    return length;
  }

  /** Whether the head is complete; sets `#messageBytes` then. */
  #readHead(bytes: Uint8Array, start: number, framed: Framed[]): boolean {
    const headBytes = this.#findEndOfHead(bytes, start);
    const received = headBytes || bytes.length - start;
    const message = bytes.subarray(start);
    if (received > this.#limits.maxHeaderBytes) {
      this.#break({ rule: "head size", offset: start }, message, framed);
    }
    if (headBytes === 0 || this.#isBroken) return false;
    const stated = contentLengthOf(decodeOctets(message, 0, headBytes));
    if (stated.length !== 1) {
      const rule = stated.length === 0 ? "required field" : "single value";
      this.#break({ rule, header: "content-length", offset: start }, message, framed);
      return false;
    }
    return this.#readLength(stated[0] ?? "", { headBytes, message }, framed);
  }

  #readLength(
    stated: string,
    { headBytes, message }: { headBytes: number; message: Uint8Array },
    framed: Framed[],
  ): boolean {
    const length = parseContentLength(stated);
    if (length === undefined) {
      this.#break({ rule: "1*DIGIT", header: "content-length", offset: 0 }, message, framed);
    } else if (length > this.#limits.maxBodyBytes) {
      this.#break({ rule: "body size", offset: headBytes }, message, framed);
    } else if (length + headBytes > this.#limits.maxMessageBytes) {
      this.#break({ rule: "message size", offset: 0 }, message, framed);
    } else {
      this.#messageBytes = headBytes + length;
    }
    return !this.#isBroken;
  }

  /** The length of the head with its empty line, or 0. */
  #findEndOfHead(bytes: Uint8Array, start: number): number {
    for (let at = bytes.indexOf(lf, start + this.#searched); at >= 0; at = bytes.indexOf(lf, at + 1)) {
      if (at - start >= 3 && bytes[at - 1] === cr && bytes[at - 2] === lf && bytes[at - 3] === cr)
        return at + 1 - start;
    }
    this.#searched = bytes.length - start;
    return 0;
  }

  #break(fault: FieldFault, message: Uint8Array, framed: Framed[]): 0 {
    this.#isBroken = true;
    const answerable = answerableRequest(message, this.#limits);
    const error = {
      ...fault,
      status: faultStatusOf(fault.rule),
      reason: faultReasonOf(fault),
      ...(answerable && { answerable }),
    };
    framed.push({ kind: "malformed", error });
    return 0;
  }

  /** Adds to what is held, in room that grows with what has come and never with what was promised. */
  #append(chunk: Uint8Array): Uint8Array {
    const length = this.#heldBytes + chunk.length;
    if (length > this.#held.length) {
      const roomier = new Uint8Array(Math.max(length, this.#held.length * 2));
      roomier.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = roomier;
    }
    this.#held.set(chunk, this.#heldBytes);
    this.#heldBytes = length;
    return this.#held.subarray(0, length);
  }

  /** Holds what is left from `at` on; in new room, because messages given out are views of the old. */
  #keep(bytes: Uint8Array, at: number): void {
    if (this.#heldBytes > 0 && at === 0 && bytes.length > 0) return;
    this.#heldBytes = Math.max(bytes.length - at, 0);
    this.#held = this.#heldBytes === 0 ? nothing : Uint8Array.from(bytes.subarray(at));
  }
}

/** What the Content-Length fields of a head say, continuation lines joined. @spec rfc3261#7.3.3 */
function contentLengthOf(head: string): readonly string[] {
  const found: string[] = [];
  for (const match of head.matchAll(/\r\n(?:content-length|l)[ \t]*:((?:\r\n[ \t]|[^\r])*)/gi))
    found.push((match[1] ?? "").trim());
  return found;
}
