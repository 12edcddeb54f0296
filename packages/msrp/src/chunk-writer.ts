import type { Chance } from "@heliograph/kernel";
import type { BodySource } from "./body-source.js";
import { type ByteRange, formatByteRange } from "./byte-range.js";
import { type Content, type Field, formatEndLine, formatRequestHead } from "./format-chunk.js";
import type { ContinuationFlag, FailureReport } from "./head.js";
import { createTid, type Ident } from "./ident.js";
import { encodeText, joinOctets } from "./octets.js";
import { OctetSearch } from "./octet-search.js";

/** A message to send. All its chunks have the same fields. @spec rfc4975#7.1.1 */
export interface OutgoingMessage {
  /** Sessions that share the connection take turns. */
  readonly session: string;
  readonly messageId: Ident;
  readonly toPath: readonly string[];
  readonly from: string;
  readonly content: Content;
  readonly body: BodySource;
  /** The first octet to send; 1 when left out. @spec MS-47 */
  readonly fromOctet?: number;
  /** Left out: yes. */
  readonly failureReport?: FailureReport;
  readonly wantsSuccessReport?: boolean;
}

/** A chunk whose last octet was handed out. */
export interface WrittenChunk {
  readonly tid: Ident;
  readonly message: OutgoingMessage;
  readonly range: ByteRange;
  readonly flag: ContinuationFlag;
}

/** Octets to write, and the chunk that they end. */
export interface Portion {
  readonly pieces: readonly Uint8Array[];
  /** Whether a request or response ends here, as each has a WebSocket message of its own. @spec rfc7977#5.1 */
  readonly endsChunk: boolean;
  /** The SEND that ends here. */
  readonly written: WrittenChunk | undefined;
}

/** How a connection is shared. */
export interface WriterOptions {
  readonly chance: Chance;
  /** Octets of a body handed out at once: what a chat line waits for at most. */
  readonly sliceBytes?: number;
  /** Octets after which a chunk ends and the next begins; without end when left out. */
  readonly chunkBytes?: number;
}

/** A chunk with more must be interruptible, and none is interrupted before. @spec rfc4975#7.1.1 @spec MS-07 @spec MS-50 */
export const interruptibleBytes = 2048;

interface Sending {
  readonly message: OutgoingMessage;
  sent: number;
  isGivenUp: boolean;
}

interface Running {
  readonly sending: Sending;
  readonly tid: Ident;
  readonly start: number;
  /** The last octets of its body, where an end-line might have begun. */
  tail: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * What goes out on one connection, handed out portion by portion as it can take them. Responses and REPORTs go first;
 * sessions take turns; in a session what is small goes before what is large, and a running chunk is interrupted for
 * all of these, so that a chat line never waits behind a file.
 *
 * @spec rfc4975#5.1
 * @spec rfc4975#7.1.1
 * @spec MS-07
 * @spec MS-50
 */
export class ChunkWriter {
  readonly #chance: Chance;
  readonly #sliceBytes: number;
  readonly #chunkBytes: number;
  readonly #search = new OctetSearch();
  readonly #urgent: Uint8Array[] = [];
  #urgentBytes = 0;
  /** By session, whose turn it is first. */
  readonly #waiting = new Map<string, Sending[]>();
  #running: Running | undefined;

  constructor({ chance, sliceBytes = 16_384, chunkBytes = Infinity }: WriterOptions) {
    this.#chance = chance;
    this.#sliceBytes = Math.max(sliceBytes, interruptibleBytes);
    this.#chunkBytes = Math.max(chunkBytes, interruptibleBytes);
  }

  /** Octets of requests and responses that interrupt and wait. */
  get urgentBytes(): number {
    return this.#urgentBytes;
  }

  /** A whole request or response that interrupts what is running. */
  sendUrgent(bytes: Uint8Array): void {
    this.#urgent.push(bytes);
    this.#urgentBytes += bytes.length;
  }

  /** A message takes its place. */
  send(message: OutgoingMessage): void {
    this.#queue({ message, sent: (message.fromOctet ?? 1) - 1, isGivenUp: false });
  }

  /** No more of a message than the end of its chunk, which says so. @spec rfc4975#7.1 @spec MS-10 @spec MS-11 */
  giveUp(session: string, messageId: Ident): void {
    const isMeant = ({ message }: Sending): boolean => message.messageId === messageId;
    const running = this.#running?.sending;
    if (running?.message.session === session && isMeant(running)) running.isGivenUp = true;
    const queue = this.#waiting.get(session) ?? [];
    const index = queue.findIndex(isMeant);
    const found = queue[index];
    if (!found) return;
    if (found.sent > 0) found.isGivenUp = true;
    else this.#unqueue(session, queue, index);
  }

  /** Nothing more of a session, but the end of its chunk. */
  dropSession(session: string): void {
    this.#waiting.delete(session);
    const running = this.#running?.sending;
    if (running?.message.session === session) running.isGivenUp = true;
  }

  /** The chunk that is being written, where it has this identifier, as far as it was handed out. */
  inHand(tid: string): WrittenChunk | undefined {
    const running = this.#running;
    if (running?.tid !== tid) return undefined;
    const { message, sent } = running.sending;
    const range = { start: running.start + 1, end: sent, total: message.body.size };
    return { tid: running.tid, message, range, flag: "+" };
  }

  /** The next octets; undefined is nothing now. */
  next(): Portion | undefined {
    if (this.#running) return this.#goOn(this.#running);
    const urgent = this.#urgent.shift();
    if (urgent) {
      this.#urgentBytes -= urgent.length;
      return { pieces: [urgent], endsChunk: true, written: undefined };
    }
    for (const session of this.#waiting.keys()) {
      const portion = this.#startIn(session);
      if (portion) return portion;
    }
    return undefined;
  }

  #goOn(running: Running): Portion | undefined {
    const { sending, start } = running;
    if (sending.isGivenUp) return this.#finish(running, none, "#");
    const isShared = this.#urgent.length > 0 || this.#isAnotherReady();
    const inChunk = sending.sent - start;
    if (inChunk >= (isShared ? interruptibleBytes : this.#chunkBytes))
      return this.#finish(running, none, "+");
    const slice = this.#read(sending);
    if (slice === "later") return inChunk > 0 && isShared ? this.#finish(running, none, "+") : undefined;
    return this.#write(running, slice, []);
  }

  #startIn(session: string): Portion | undefined {
    const queue = this.#waiting.get(session) ?? [];
    for (const index of inTurn(queue)) {
      const sending = queue[index];
      const slice = sending && (sending.isGivenUp ? none : this.#read(sending));
      if (!sending || !slice || slice === "later") continue;
      this.#unqueue(session, queue, index);
      return this.#start(sending, slice);
    }
    return undefined;
  }

  #start(sending: Sending, slice: Uint8Array): Portion {
    const { message, sent, isGivenUp } = sending;
    const tid = this.#tidFor(slice);
    const size = message.body.size;
    const isWhole = size !== undefined && size - sent <= interruptibleBytes && slice.length === size - sent;
    const range = { start: sent + 1, end: isWhole ? size : undefined, total: size };
    const fields: Field[] = [
      ["Message-ID", message.messageId],
      ["Byte-Range", formatByteRange(range)],
    ];
    if (message.wantsSuccessReport) fields.push(["Success-Report", "yes"]);
    if (message.failureReport && message.failureReport !== "yes")
      fields.push(["Failure-Report", message.failureReport]);
    const { toPath, from, content } = message;
    const head = formatRequestHead({ tid, method: "SEND", toPath, fromPath: [from], fields, content });
    const running: Running = { sending, tid, start: sent, tail: none };
    this.#running = running;
    const pieces = [encodeText(head)];
    return isGivenUp ? this.#finish(running, none, "#", pieces) : this.#write(running, slice, pieces);
  }

  /** A slice of the running chunk. Where the body has the very end-line in it, the chunk ends before it. @spec MS-01 */
  #write(running: Running, slice: Uint8Array, pieces: Uint8Array[]): Portion {
    const safe = this.#safeLength(running, slice);
    if (safe < slice.length) return this.#finish(running, slice.subarray(0, safe), "+", pieces);
    const { sending } = running;
    const { size } = sending.message.body;
    const isLast = size === undefined ? slice.length === 0 : sending.sent + slice.length >= size;
    if (isLast) return this.#finish(running, slice, "$", pieces);
    sending.sent += slice.length;
    const width = this.#search.needle.length - 1;
    const end = slice.length >= width ? slice : joinOctets([running.tail, slice]);
    running.tail = end.slice(-width);
    return { pieces: [...pieces, slice], endsChunk: false, written: undefined };
  }

  #finish(running: Running, rest: Uint8Array, flag: ContinuationFlag, pieces: Uint8Array[] = []): Portion {
    const { sending, tid, start } = running;
    const { message } = sending;
    sending.sent += rest.length;
    this.#running = undefined;
    if (flag === "+") this.#queue(sending);
    if (rest.length > 0) pieces.push(rest);
    pieces.push(encodeText(formatEndLine(tid, flag, true)));
    const range = { start: start + 1, end: sending.sent, total: message.body.size };
    return { pieces, endsChunk: true, written: { tid, message, range, flag } };
  }

  #read({ message, sent }: Sending): Uint8Array | "later" {
    const { body } = message;
    const left = body.size === undefined ? Infinity : body.size - sent;
    if (left === 0) return none;
    const slice = body.read(sent, Math.min(left, this.#sliceBytes));
    if (slice !== "later" && slice.length === 0 && body.size !== undefined) return "later";
    return slice;
  }

  /** An identifier that the octets at hand do not have. @spec rfc4975#7.1 @spec MS-01 */
  #tidFor(slice: Uint8Array): Ident {
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const tid = createTid(this.#chance);
      this.#search.seek(`-------${tid}`);
      if (this.#search.indexIn(slice, 0) < 0) return tid;
    }
    throw new Error("random transaction identifiers keep occurring in the body");
  }

  #safeLength({ tail }: Running, slice: Uint8Array): number {
    const seam =
      tail.length > 0 ? joinOctets([tail, slice.subarray(0, this.#search.needle.length - 1)]) : tail;
    if (this.#search.indexIn(seam, 0) >= 0) return 0;
    const hit = this.#search.indexIn(slice, 0);
    return hit < 0 ? slice.length : hit;
  }

  #isAnotherReady(): boolean {
    for (const queue of this.#waiting.values())
      if (queue.some((sending) => sending.isGivenUp || this.#read(sending) !== "later")) return true;
    return false;
  }

  #queue(sending: Sending): void {
    const { session } = sending.message;
    const queue = this.#waiting.get(session);
    if (queue) queue.push(sending);
    else this.#waiting.set(session, [sending]);
  }

  /** The session's turn is over: it goes to the end of the line. */
  #unqueue(session: string, queue: Sending[], index: number): void {
    if (index === 0) queue.shift();
    else queue.splice(index, 1);
    this.#waiting.delete(session);
    if (queue.length > 0) this.#waiting.set(session, queue);
  }
}

/** Small messages first, then the others in their order. Mostly the first one is taken: no more is looked at. */
function* inTurn(queue: readonly Sending[]): Generator<number> {
  const isSmall = ({ message }: Sending): boolean => (message.body.size ?? Infinity) <= interruptibleBytes;
  for (const [index, sending] of queue.entries()) if (isSmall(sending)) yield index;
  for (const [index, sending] of queue.entries()) if (!isSmall(sending)) yield index;
}
