import { BodyReader } from "./body-reader.js";
import type { ContinuationFlag, Head, MalformedHead } from "./head.js";
import { HeadScan } from "./head-scan.js";
import { decodeAscii, decodeUtf8 } from "./octets.js";
import { parseHead } from "./parse-head.js";

/** Who is told of what a connection brings, as it comes. */
export interface ChunkSink {
  /** A request or response begins. */
  onHead(head: Head): void;
  /** Octets of its body: a view of the input, which is for the sink to copy where it keeps them. */
  onBody(bytes: Uint8Array): void;
  /** It is over. */
  onEnd(flag: ContinuationFlag): void;
  /** It is not what it should be. Its body, if any, is passed over, and nothing else is said of it. @spec MS-03 */
  onMalformed(fault: MalformedHead): void;
  /** Where the next chunk begins cannot be known: the connection is of no more use. @spec MS-03 @spec D-msrp-1 */
  onBroken(rule: string): void;
}

/** How much a peer may make us hold. */
export interface ChunkLimits {
  /** Start line and header fields. */
  readonly maxHeadBytes: number;
  /** Of a request other than SEND. */
  readonly maxOtherBodyBytes: number;
}

/** @spec rfc4975#7.1 @spec MS-02 */
export const defaultChunkLimits: ChunkLimits = { maxHeadBytes: 16_384, maxOtherBodyBytes: 10_240 };

const start = Uint8Array.of(0x4d, 0x53, 0x52, 0x50, 0x20);
const none = new Uint8Array(0);

/** For heads that come in one piece, as most do. */
const sharedScan = new HeadScan();
/** Readers of bodies that nobody needs now. */
const idleReaders: BodyReader[] = [];
const mostIdleReaders = 64;

/**
 * Reads the octets of one connection. A chunk is passed on before it is whole, and nothing but a head, or the start of
 * what may be an end-line, is ever held.
 *
 * @spec rfc4975#5.1
 * @spec rfc4975#7.3.1
 * @spec MS-01
 * @spec MS-03
 */
export class ChunkParser {
  readonly #sink: ChunkSink;
  readonly #limits: ChunkLimits;
  /** Of its own while a head has come in part. */
  #scan = sharedScan;
  /** Only while a body is read: most connections are idle most of the time. */
  #body: BodyReader | undefined;
  #reading: "head" | "body" | "passing over" | "nothing" = "head";
  #carried: Uint8Array = none;
  #carriedLength = 0;
  /** What the body may still have; SEND has no bound here. */
  #allowance = Infinity;
  #head: Head | undefined;
  #hasReadRequest = false;
  #headsRead = 0;

  constructor(sink: ChunkSink, limits: ChunkLimits = defaultChunkLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether the last octet ended a chunk, as that of every WebSocket message must. @spec rfc7977#5.1 */
  get isBetweenChunks(): boolean {
    return this.#reading === "head" && this.#carriedLength === 0;
  }

  /** Whether a whole request came. @spec MS-17 */
  get hasReadRequest(): boolean {
    return this.#hasReadRequest;
  }

  /** How many heads ended so far. */
  get headsRead(): number {
    return this.#headsRead;
  }

  /** Whether a head has begun and not ended. */
  get isInHead(): boolean {
    return this.#carriedLength > 0;
  }

  /** Whether nothing more can be read, as `onBroken` told. */
  get isBroken(): boolean {
    return this.#reading === "nothing";
  }

  /** Takes the next octets. After `onBroken` they are passed over. */
  push(input: Uint8Array): void {
    let at = 0;
    while (at < input.length && this.#reading !== "nothing")
      at = this.#reading === "head" ? this.#readHead(input, at) : this.#readBody(input, at);
  }

  #readHead(input: Uint8Array, at: number): number {
    if (this.#carriedLength > 0) return this.#readCarriedHead(input, at);
    const end = Math.min(input.length, at + this.#limits.maxHeadBytes);
    if (!this.#startsWell(input, at, end)) return input.length;
    if (this.#scan.scan(input, at, end)) {
      const next = at + this.#scan.length;
      this.#takeHead(input, at);
      return next;
    }
    sharedScan.reset();
    if (end < input.length) return this.#break("head size");
    this.#scan = new HeadScan();
    this.#carry(input.subarray(at, end));
    return end;
  }

  #readCarriedHead(input: Uint8Array, at: number): number {
    const before = this.#carriedLength;
    const end = Math.min(input.length, at + this.#limits.maxHeadBytes - before);
    this.#carry(input.subarray(at, end));
    if (!this.#startsWell(this.#carried, 0, this.#carriedLength)) return input.length;
    if (this.#scan.scan(this.#carried, 0, this.#carriedLength)) {
      this.#carriedLength = 0;
      const next = at + this.#scan.length - before;
      this.#takeHead(this.#carried, 0);
      this.#carried = none;
      return next;
    }
    return this.#carriedLength >= this.#limits.maxHeadBytes ? this.#break("head size") : end;
  }

  /** What is not MSRP at all is told by its first octets. */
  #startsWell(bytes: Uint8Array, from: number, end: number): boolean {
    for (let index = 0; index < start.length && from + index < end; index += 1) {
      if (bytes[from + index] === start[index]) continue;
      this.#break("start line");
      return false;
    }
    return true;
  }

  #carry(bytes: Uint8Array): void {
    const length = this.#carriedLength + bytes.length;
    if (length > this.#carried.length) {
      const grown = new Uint8Array(Math.min(Math.max(2 * length, 512), this.#limits.maxHeadBytes));
      grown.set(this.#carried.subarray(0, this.#carriedLength));
      this.#carried = grown;
    }
    this.#carried.set(bytes, this.#carriedLength);
    this.#carriedLength = length;
  }

  #takeHead(bytes: Uint8Array, from: number): void {
    this.#headsRead += 1;
    const { flag, textLength, isAscii } = this.#scan;
    const decode = isAscii ? decodeAscii : decodeUtf8;
    const text = decode(bytes, from, from + textLength);
    const isText = this.#scan.isText;
    this.#scan.reset();
    this.#scan = sharedScan;
    const parsed = parseHead(text ?? decodeAscii(bytes, from, from + textLength), flag === undefined);
    if (!parsed.ok) this.#refuse(parsed.error, flag);
    else if (text === undefined || !isText) this.#refuse(garbled(parsed.value), flag);
    else this.#accept(parsed.value, flag);
  }

  #accept(head: Head, flag: ContinuationFlag | undefined): void {
    this.#sink.onHead(head);
    if (flag !== undefined) return this.#end(flag, head);
    this.#head = head;
    this.#allowance =
      head.kind === "request" && head.method === "SEND" ? Infinity : this.#limits.maxOtherBodyBytes;
    this.#reading = "body";
    this.#beginBody(head.tid);
  }

  /** A request whose sender nobody knows can neither be answered nor be left unanswered. @spec MS-03 */
  #refuse(fault: MalformedHead, flag: ContinuationFlag | undefined): void {
    const { frame, answerable, rule } = fault;
    if (frame === undefined || (frame.kind === "request" && !answerable)) {
      this.#break(rule);
      return;
    }
    this.#sink.onMalformed(fault);
    if (flag !== undefined) return;
    this.#reading = "passing over";
    this.#beginBody(frame.tid);
  }

  #beginBody(tid: string): void {
    this.#body = idleReaders.pop() ?? new BodyReader();
    this.#body.begin(tid);
  }

  #readBody(input: Uint8Array, at: number): number {
    const body = this.#body;
    if (!body) throw new Error("no body is read");
    const next = body.read(input, at, this.#onBody);
    const { flag } = body;
    if (flag === undefined) return next;
    const head = this.#reading === "body" ? this.#head : undefined;
    this.#reading = "head";
    this.#head = undefined;
    this.#body = undefined;
    if (idleReaders.length < mostIdleReaders) idleReaders.push(body);
    if (head) this.#end(flag, head);
    return next;
  }

  #end(flag: ContinuationFlag, head: Head): void {
    if (head.kind === "request") this.#hasReadRequest = true;
    this.#sink.onEnd(flag);
  }

  readonly #onBody = (bytes: Uint8Array): void => {
    if (this.#reading !== "body") return;
    this.#allowance -= bytes.length;
    if (this.#allowance >= 0) return this.#sink.onBody(bytes);
    this.#reading = "passing over";
    if (this.#head) this.#sink.onMalformed(faultOf("body size", this.#head));
  };

  #break(rule: string): number {
    this.#reading = "nothing";
    this.#carried = none;
    this.#carriedLength = 0;
    this.#sink.onBroken(rule);
    return Infinity;
  }
}

/** Not UTF-8, or with control characters. */
function garbled(head: Head): MalformedHead {
  return faultOf("utf8text", head);
}

function faultOf(rule: string, head: Head): MalformedHead {
  const answerable = head.kind === "request" ? head : undefined;
  return { rule, offset: 0, frame: head, answerable };
}
