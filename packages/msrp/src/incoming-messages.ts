import type { ByteRange } from "./byte-range.js";
import type { ContinuationFlag } from "./head.js";
import type { Ident } from "./ident.js";
import { type AssemblyLimits, type ChunkRefusal, MessageAssembly, tooLarge } from "./message-assembly.js";
import type { Send } from "./send.js";

/** Where the octets of one message go. {@link MessageAssembly} keeps them, MessageTransfer hands them over. */
export interface MessageStore {
  /** Octets that are kept in memory. */
  readonly heldBytes: number;
  readonly isComplete: boolean;
  /** The chunk in hand as far as it was really received. */
  readonly chunkRange: ByteRange;
  begin(range: ByteRange | undefined): ChunkRefusal | undefined;
  write(bytes: Uint8Array): ChunkRefusal | undefined;
  end(flag: ContinuationFlag): ChunkRefusal | undefined;
  /** It will not be completed. */
  abandon(reason: string): void;
}

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
export type ChunkOutcome<Store> =
  | {
      readonly kind: "complete";
      readonly messageId: Ident;
      readonly contentType: string;
      readonly store: Store;
    }
  /** More is to come. */
  | { readonly kind: "part"; readonly store: Store }
  /** No body: it binds or keeps alive, and is not rendered. @spec MS-16 */
  | { readonly kind: "bodiless" }
  /** The sender gave the message up. @spec MS-11 */
  | { readonly kind: "aborted"; readonly messageId: Ident }
  /** Was complete before: acknowledged as usual, not shown again. @spec MS-47 */
  | { readonly kind: "duplicate"; readonly messageId: Ident }
  | { readonly kind: "refused"; readonly refusal: ChunkRefusal };

interface Open<Store> {
  readonly store: Store;
  readonly contentType: string;
}

interface Chunk<Store> {
  readonly send: Send;
  readonly open: Open<Store> | undefined;
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
export class IncomingMessages<Store extends MessageStore> {
  readonly #limits: IncomingLimits;
  readonly #openStore: (send: Send) => Store | ChunkRefusal | "complete";
  readonly #open = new Map<string, Open<Store>>();
  /** Messages that are over; a refused one stays refused whatever of it is still on the way. */
  readonly #settled = new Map<string, ChunkRefusal | "complete">();
  #heldBytes = 0;
  #chunk: Chunk<Store> | undefined;

  /** `open` gives where a message goes that begins; `complete` where it was taken before. */
  constructor(limits: IncomingLimits, open: (send: Send) => Store | ChunkRefusal | "complete") {
    this.#limits = limits;
    this.#openStore = open;
  }

  /** Octets of incomplete messages. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A SEND begins. What is refused may be answered at once; the rest of it is passed over. */
  begin(send: Send): ChunkRefusal | undefined {
    const { messageId, contentType } = send;
    const found = contentType === undefined ? "complete" : this.#find(send, contentType);
    const isOpen = typeof found === "object" && "store" in found;
    const refusal = found === "complete" ? undefined : isOpen ? found.store.begin(send.byteRange) : found;
    this.#chunk = { send, open: isOpen ? found : undefined, refusal, bytes: 0 };
    if (refusal) this.refuse(messageId, refusal);
    return refusal;
  }

  /** Octets of its body. */
  write(bytes: Uint8Array): ChunkRefusal | undefined {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("octets of no chunk");
    chunk.bytes += bytes.length;
    if (!chunk.open || chunk.refusal) return chunk.refusal;
    const { store } = chunk.open;
    const before = store.heldBytes;
    chunk.refusal = store.write(bytes);
    this.#heldBytes += store.heldBytes - before;
    if (this.#heldBytes > this.#limits.maxHeldBytes) chunk.refusal ??= tooMuch;
    if (chunk.refusal) this.refuse(chunk.send.messageId, chunk.refusal);
    return chunk.refusal;
  }

  /** It is over. */
  end(flag: ContinuationFlag): ChunkOutcome<Store> {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("end of no chunk");
    const { open, send } = chunk;
    const { messageId } = send;
    if (chunk.refusal) return { kind: "refused", refusal: chunk.refusal };
    if (!open)
      return send.contentType === undefined ? { kind: "bodiless" } : { kind: "duplicate", messageId };
    const { store, contentType } = open;
    if (flag === "#") {
      this.#drop(messageId)?.abandon("the sender gave it up");
      return { kind: "aborted", messageId };
    }
    const refusal = store.end(flag);
    if (refusal) {
      this.refuse(messageId, refusal);
      return { kind: "refused", refusal };
    }
    if (!store.isComplete) return { kind: "part", store };
    this.#drop(messageId);
    this.#settle(messageId, "complete");
    return { kind: "complete", messageId, contentType, store };
  }

  /** Nothing more is taken of a message, even if it was complete. */
  refuse(messageId: string, refusal: ChunkRefusal): void {
    this.#drop(messageId)?.abandon(refusal.reason);
    if (this.#chunk?.send.messageId === messageId) this.#chunk.refusal = refusal;
    this.#settle(messageId, refusal);
  }

  /** What is incomplete will not be completed. */
  abandon(reason: string, isMeant: (store: Store) => boolean = () => true): void {
    this.#chunk = undefined;
    for (const [messageId, { store }] of this.#open)
      if (isMeant(store)) this.#drop(messageId)?.abandon(reason);
  }

  /** The octets of the chunk that really came. @spec rfc4975#7.1.4 */
  get chunkRange(): ByteRange {
    const chunk = this.#chunk;
    if (!chunk) throw new Error("range of no chunk");
    const { start, total } = chunk.send.byteRange ?? { start: 1, total: undefined };
    return chunk.open?.store.chunkRange ?? { start, end: start - 1 + chunk.bytes, total };
  }

  #find(send: Send, contentType: string): Open<Store> | ChunkRefusal | "complete" {
    const { messageId, byteRange } = send;
    const settled = this.#settled.get(messageId);
    if (settled) return settled;
    const known = this.#open.get(messageId);
    if (known) return known.contentType === contentType ? known : otherType;
    if (this.#open.size >= this.#limits.maxOpen) return tooMany;
    if (furthestOf(byteRange) > this.#limits.maxBytes) return tooLarge;
    const store = this.#openStore(send);
    if (store === "complete") {
      this.#settle(messageId, "complete");
      return store;
    }
    if ("status" in store) return store;
    const open = { store, contentType };
    this.#open.set(messageId, open);
    return open;
  }

  #drop(messageId: string): Store | undefined {
    const store = this.#open.get(messageId)?.store;
    this.#heldBytes -= store?.heldBytes ?? 0;
    this.#open.delete(messageId);
    return store;
  }

  #settle(messageId: string, how: ChunkRefusal | "complete"): void {
    this.#settled.set(messageId, how);
    if (this.#settled.size <= this.#limits.maxRemembered) return;
    for (const oldest of this.#settled.keys()) {
      this.#settled.delete(oldest);
      return;
    }
  }
}

/** The last octet that a chunk speaks of. */
function furthestOf(range: ByteRange | undefined): number {
  return range ? Math.max(range.start - 1, range.end ?? 0, range.total ?? 0) : 0;
}

/** Messages that are kept in memory until they are complete. */
export function createWholeMessages(limits: IncomingLimits): IncomingMessages<MessageAssembly> {
  return new IncomingMessages(limits, ({ byteRange }) =>
    (byteRange?.total ?? 0) > limits.maxHeldBytes ? tooMuch : new MessageAssembly(limits),
  );
}

const otherType: ChunkRefusal = { status: 400, reason: "Chunks Do Not Agree On Content-Type" };
const tooMany: ChunkRefusal = { status: 413, reason: "Too Many Incomplete Messages" };
const tooMuch: ChunkRefusal = { status: 413, reason: "Too Much In Incomplete Messages" };
