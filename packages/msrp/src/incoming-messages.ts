import type { ByteRange } from "./byte-range.js";
import type { ContinuationFlag } from "./head.js";
import type { Ident } from "./ident.js";
import { type AssemblyLimits, type ChunkRefusal, MessageAssembly } from "./message-assembly.js";
import type { Send } from "./send.js";

/** How much one session may make us hold. */
export interface IncomingLimits extends AssemblyLimits {
  /** Messages that are not complete. */
  readonly maxOpen: number;
  /** Octets of all of these. */
  readonly maxHeldBytes: number;
  /** Message-IDs remembered after a message was complete or refused. */
  readonly maxRemembered: number;
}

/** What a chunk came to. */
export type ChunkOutcome =
  | { readonly kind: "complete"; readonly message: IncomingMessage }
  /** More is to come. */
  | { readonly kind: "part" }
  /** No body: it binds or keeps alive, and is not rendered. @spec MS-16 */
  | { readonly kind: "bodiless" }
  /** The sender gave the message up. @spec MS-11 */
  | { readonly kind: "aborted"; readonly messageId: Ident }
  /** Was complete before: acknowledged as usual, not shown again. @spec MS-47 */
  | { readonly kind: "duplicate"; readonly messageId: Ident }
  | { readonly kind: "refused"; readonly refusal: ChunkRefusal };

/** A whole message. */
export interface IncomingMessage {
  readonly messageId: Ident;
  readonly contentType: string;
  readonly content: Uint8Array;
}

interface Open {
  readonly assembly: MessageAssembly;
  readonly contentType: string;
}

interface Chunk {
  readonly send: Send;
  readonly open: Open | undefined;
  refusal: ChunkRefusal | undefined;
  bytes: number;
}

/**
 * The messages that a session receives, chunk by chunk: those of one connection come one after the other, those of
 * several messages between each other.
 *
 * @spec rfc4975#7.3.1
 * @spec MS-07
 * @spec MS-11
 * @spec MS-47
 */
export class IncomingMessages {
  readonly #limits: IncomingLimits;
  readonly #open = new Map<string, Open>();
  /** Messages that are over; a refused one stays refused whatever of it is still on the way. */
  readonly #settled = new Map<string, ChunkRefusal | "complete">();
  #heldBytes = 0;
  #chunk: Chunk | undefined;

  constructor(limits: IncomingLimits) {
    this.#limits = limits;
  }

  /** Octets of incomplete messages. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A SEND begins. What is refused may be answered at once; the rest of it is passed over. */
  begin(send: Send): ChunkRefusal | undefined {
    const { messageId, contentType } = send;
    const settled = this.#settled.get(messageId);
    if (contentType === undefined || settled === "complete") {
      this.#chunk = { send, open: undefined, refusal: undefined, bytes: 0 };
      return undefined;
    }
    const known = this.#open.get(messageId);
    const open = known ?? { assembly: new MessageAssembly(this.#limits), contentType };
    const refusal = settled ?? this.#refusalOf(known, send) ?? open.assembly.begin(send.byteRange);
    if (!refusal) this.#open.set(messageId, open);
    else this.#settle(messageId, refusal);
    this.#chunk = { send, open, refusal, bytes: 0 };
    return refusal;
  }

  /** Octets of its body. */
  write(bytes: Uint8Array): ChunkRefusal | undefined {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("octets of no chunk");
    chunk.bytes += bytes.length;
    if (!chunk.open || chunk.refusal) return chunk.refusal;
    const before = chunk.open.assembly.receivedBytes;
    const isOver = this.#heldBytes + bytes.length > this.#limits.maxHeldBytes;
    chunk.refusal = isOver ? tooMuch : chunk.open.assembly.write(bytes);
    this.#heldBytes += chunk.open.assembly.receivedBytes - before;
    if (chunk.refusal) this.#settle(chunk.send.messageId, chunk.refusal);
    return chunk.refusal;
  }

  /** It is over. */
  end(flag: ContinuationFlag): ChunkOutcome {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("end of no chunk");
    const { open, send } = chunk;
    const { messageId } = send;
    if (!open)
      return send.contentType === undefined ? { kind: "bodiless" } : { kind: "duplicate", messageId };
    if (chunk.refusal) return { kind: "refused", refusal: chunk.refusal };
    if (flag === "#") {
      this.#drop(messageId);
      return { kind: "aborted", messageId };
    }
    const refusal = open.assembly.end(flag);
    if (refusal) {
      this.#settle(messageId, refusal);
      return { kind: "refused", refusal };
    }
    if (!open.assembly.isComplete) return { kind: "part" };
    const content = open.assembly.content();
    this.#settle(messageId, "complete");
    return { kind: "complete", message: { messageId, contentType: open.contentType, content } };
  }

  /** The octets of the chunk that really came. @spec rfc4975#7.1.4 */
  get chunkRange(): ByteRange {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("range of no chunk");
    const { start, total } = chunk.send.byteRange ?? { start: 1, total: undefined };
    return chunk.open?.assembly.chunkRange ?? { start, end: start - 1 + chunk.bytes, total };
  }

  #refusalOf(known: Open | undefined, { contentType, byteRange }: Send): ChunkRefusal | undefined {
    if (known && known.contentType !== contentType) return otherType;
    if (!known && this.#open.size >= this.#limits.maxOpen) return tooMany;
    return (byteRange?.total ?? 0) > this.#limits.maxHeldBytes ? tooMuch : undefined;
  }

  #drop(messageId: string): void {
    this.#heldBytes -= this.#open.get(messageId)?.assembly.receivedBytes ?? 0;
    this.#open.delete(messageId);
  }

  #settle(messageId: string, how: ChunkRefusal | "complete"): void {
    this.#drop(messageId);
    this.#settled.set(messageId, how);
    if (this.#settled.size <= this.#limits.maxRemembered) return;
    for (const oldest of this.#settled.keys()) {
      this.#settled.delete(oldest);
      return;
    }
  }
}

const otherType: ChunkRefusal = { status: 400, reason: "Chunks Do Not Agree On Content-Type" };
const tooMany: ChunkRefusal = { status: 413, reason: "Too Many Incomplete Messages" };
const tooMuch: ChunkRefusal = { status: 413, reason: "Too Much In Incomplete Messages" };
