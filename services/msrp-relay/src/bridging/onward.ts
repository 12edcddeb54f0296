import {
  type ByteRange,
  type ContinuationFlag,
  formatByteRange,
  formatEndLine,
  forwardRequest,
  forwardRequestHead,
  type Hop,
  type Ident,
  type RequestHead,
} from "@heliograph/msrp";
import type { Held, Line } from "./line.js";
import type { RunningChunk } from "./outlet.js";
import { WholeChunks } from "./whole-chunks.js";

/** Whose request goes on. */
export interface Forwarder {
  /** Where it goes from here, as things are now. */
  readonly paths: Pick<Hop, "toPath" | "fromPath">;
  /** Whether octets that were held may still leave; says why not, where somebody has to know. */
  mayGoOn(): boolean;
  /** Names a request that is about to leave, and awaits its answer. `start`: the number of its first octet. */
  openPart(start: number): Ident;
  carried(octets: number): void;
  /** The newest request is on its way, up to the octet with the number `end`. */
  closePart(end: number): void;
}

/** What goes on, and from where to where. */
export interface OnwardParts {
  readonly line: Line;
  readonly out: Line;
  readonly head: RequestHead;
  readonly byteRange: ByteRange | undefined;
}

const none = new Uint8Array(0);

/**
 * The octets of one request on their way: they go on as they come in, in one chunk where that is possible, in several
 * where another has to be let past or the far connection needs whole chunks.
 *
 * @spec rfc4975#7.1.1
 * @spec MS-07
 * @spec MS-50
 */
export class Onward implements RunningChunk, Held {
  readonly #line: Line;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #byteRange: ByteRange | undefined;
  readonly #forwarder: Forwarder;
  #written: number;
  /** Of the running chunk. */
  #tid: Ident | undefined;
  #parts = 0;
  /** A view of what has come in and not gone out. */
  #held: Uint8Array | undefined;
  #whole: WholeChunks | undefined;
  #hasEnded = false;

  constructor({ line, out, head, byteRange }: OnwardParts, forwarder: Forwarder) {
    this.#line = line;
    this.#out = out;
    this.#head = head;
    this.#byteRange = byteRange;
    this.#forwarder = forwarder;
    this.#written = (byteRange?.start ?? 1) - 1;
  }

  /** How many octets of the message have gone on, those before this request included. */
  get written(): number {
    return this.#written;
  }

  take(octets: Uint8Array): void {
    const { outlet } = this.#out;
    if (outlet.needsWholeChunks) return this.#gather(octets);
    if (this.#held !== undefined) this.flush();
    if (outlet.runs(this)) return this.#goOn(octets);
    this.#held = octets;
    this.#line.flushLater(this);
  }

  /** All of it has come in. */
  end(flag: ContinuationFlag): void {
    this.#hasEnded = true;
    if (this.#tid !== undefined) return this.#finish(this.#tid, flag);
    const rest = this.#held ?? this.#whole?.rest() ?? none;
    this.#held = undefined;
    if (rest.length > 0 || this.#parts === 0 || flag !== "+") this.#writePart(rest, flag);
  }

  /** What is held leaves: the input at hand is used up, and more may be long in coming. */
  flush(): void {
    const held = this.#held;
    if (held === undefined || !this.#forwarder.mayGoOn()) return;
    this.#held = undefined;
    if (!this.#out.outlet.isFree) return this.#writePart(held, "+");
    this.#begin();
    this.#goOn(held);
  }

  interrupt(): Uint8Array {
    if (this.#tid === undefined) throw new Error("no chunk is running");
    return this.#endLine(this.#tid, "+");
  }

  /** Ends a chunk that is running, without the rest. */
  breakOff(): void {
    if (this.#tid !== undefined) this.#finish(this.#tid, "#");
  }

  /** Whatever has gone is called off. @spec MS-10 @spec MS-11 */
  callOff(): void {
    this.#held = undefined;
    if (this.#tid !== undefined) this.#finish(this.#tid, "#");
    else if (this.#parts > 0) this.#writePart(none, "#");
  }

  #gather(octets: Uint8Array): void {
    this.#whole ??= new WholeChunks();
    this.#whole.add(octets, (chunk) => this.#writePart(chunk, "+"));
  }

  /** A chunk that is written as it comes in: where it ends is not known. */
  #begin(): void {
    const isAsItCame = this.#parts === 0 && this.#byteRange !== undefined && !this.#byteRange.end;
    const tid = this.#openPart();
    this.#tid = tid;
    const hop = this.#hop(tid, isAsItCame ? undefined : this.#rangeTo(undefined));
    this.#out.outlet.begin(this, Buffer.from(forwardRequestHead(this.#head, hop)));
  }

  #goOn(octets: Uint8Array): void {
    this.#written += octets.length;
    this.#forwarder.carried(octets.length);
    this.#out.outlet.goOn(octets);
    this.#out.outlet.holdBack(this.#line);
  }

  #finish(tid: Ident, flag: ContinuationFlag): void {
    this.#out.outlet.finish(this.#endLine(tid, flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #endLine(tid: Ident, flag: ContinuationFlag): Uint8Array {
    this.#tid = undefined;
    this.#forwarder.closePart(this.#written);
    return Buffer.from(formatEndLine(tid, flag, this.#head.hasBody), "latin1");
  }

  /** A whole chunk. One that is all of what came in goes on as it was. */
  #writePart(octets: Uint8Array, flag: ContinuationFlag): void {
    const isAll = this.#parts === 0 && this.#hasEnded;
    const tid = this.#openPart();
    const hop = this.#hop(tid, isAll ? undefined : this.#rangeTo(this.#written + octets.length));
    this.#written += octets.length;
    this.#forwarder.closePart(this.#written);
    this.#forwarder.carried(octets.length);
    this.#out.outlet.writeWhole(forwardRequest(this.#head, hop, octets, flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #openPart(): Ident {
    this.#parts += 1;
    return this.#forwarder.openPart(this.#written + 1);
  }

  #rangeTo(end: number | undefined): string {
    return formatByteRange({ start: this.#written + 1, end, total: this.#byteRange?.total });
  }

  #hop(tid: Ident, byteRange: string | undefined): Hop {
    const { toPath, fromPath } = this.#forwarder.paths;
    return byteRange === undefined ? { tid, toPath, fromPath } : { tid, toPath, fromPath, byteRange };
  }
}
