import type { Chance } from "@heliograph/kernel";
import { acceptsType, mandatoryTypes } from "./admission.js";
import { createReport } from "./answer.js";
import type { ByteRange } from "./byte-range.js";
import type { Field } from "./format-chunk.js";
import type { ContinuationFlag, RequestHead } from "./head.js";
import { createTid } from "./ident.js";
import { type ChunkOutcome, IncomingMessages } from "./incoming-messages.js";
import { type ChunkRefusal, MessageAssembly } from "./message-assembly.js";
import { MessageTransfer } from "./message-transfer.js";
import { readSend, type Send } from "./send.js";
import type { SessionConnection } from "./session-link.js";
import { type IncomingHead, MessageRefused, type Opening, type WholeMessage } from "./session-messages.js";

/** What a session takes. */
export interface ReceivingTerms {
  readonly uri: string;
  /** Anything else is answered 415. @spec MS-53 */
  readonly acceptTypes: readonly string[];
  /** Anything larger is answered 413. @spec MS-17 */
  readonly maxMessageBytes: number;
}

/** How much one session may make us hold. */
export interface SessionLimits {
  /** Messages that are not complete, or complete and not taken yet. */
  readonly maxOpenMessages: number;
  /** Octets of these, where whole messages are taken. */
  readonly maxHeldBytes: number;
  /** Message-IDs remembered. @spec MS-47 */
  readonly maxRemembered: number;
}

/** Runs of octets of one message with gaps between them. */
const maxPieces = 1_024;

interface Chunk {
  readonly connection: SessionConnection;
  readonly head: RequestHead;
  /** Undefined: nothing is done with it. */
  readonly send: Send | undefined;
  isAnswered: boolean;
}

type Store = MessageAssembly | MessageTransfer;
type Complete = Extract<ChunkOutcome<Store>, { readonly kind: "complete" }>;

/**
 * The receiving side of a session: takes chunks to their messages, hands these over, and answers and reports each chunk
 * when what it is answered for is done.
 *
 * @spec rfc4975#7.2
 * @spec rfc4975#7.3.1
 * @spec MS-08
 */
export class SessionIntake {
  readonly #chance: Chance;
  readonly #terms: () => ReceivingTerms;
  readonly #limits: SessionLimits;
  readonly #messages: IncomingMessages<Store>;
  /** Messages that were handed over and are not settled: what comes of them, undefined being good. */
  readonly #completing = new Map<string, Promise<ChunkRefusal | undefined>>();
  #take: ((message: WholeMessage) => void | Promise<void>) | undefined;
  #openTaker: ((head: IncomingHead) => Opening) | undefined;
  /** Of whole messages that are not complete. */
  readonly #heads = new Map<string, IncomingHead>();
  #chunk: Chunk | undefined;

  constructor(chance: Chance, limits: SessionLimits, terms: () => ReceivingTerms) {
    this.#chance = chance;
    this.#terms = terms;
    this.#limits = limits;
    const { maxOpenMessages: maxOpen, maxHeldBytes, maxRemembered } = limits;
    const incomingLimits = {
      maxOpen,
      maxHeldBytes,
      maxRemembered,
      maxPieces,
      get maxBytes() {
        return terms().maxMessageBytes;
      },
    };
    this.#messages = new IncomingMessages(incomingLimits, (send) => this.#open(send, incomingLimits));
  }

  onMessage(take: (message: WholeMessage) => void | Promise<void>): void {
    this.#take = take;
  }

  onIncoming(open: (head: IncomingHead) => Opening): void {
    this.#openTaker = open;
  }

  begin(connection: SessionConnection, head: RequestHead): void {
    const send = readSend(head);
    const refusal = send.ok
      ? this.#typeRefusalOf(send.value)
      : { status: 400, reason: `Bad Request: ${send.error.rule}` };
    this.#chunk = { connection, head, send: refusal || !send.ok ? undefined : send.value, isAnswered: false };
    if (refusal) this.#refuse(this.#chunk, refusal);
    else if (send.ok) this.#refuse(this.#chunk, this.#messages.begin(send.value));
  }

  write(octets: Uint8Array): void {
    const chunk = this.#chunk;
    if (!chunk?.send) return;
    try {
      this.#refuse(chunk, this.#messages.write(octets));
    } catch (cause) {
      this.#fail(chunk, chunk.send, cause);
    }
  }

  end(flag: ContinuationFlag): void {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (!chunk?.send) return;
    const outcome = this.#messages.end(flag);
    switch (outcome.kind) {
      case "refused":
        return this.#refuse(chunk, outcome.refusal);
      case "complete":
        return this.#complete(chunk, chunk.send, outcome);
      case "duplicate":
        return this.#repeat(chunk, chunk.send);
      case "part":
        return this.#acknowledgePart(chunk, chunk.send, outcome.store);
      case "bodiless":
        return this.#acknowledge(chunk, chunk.send, { start: 1, end: 0, total: 0 });
      default:
        return this.#accept(chunk);
    }
  }

  /** The connection is gone. What is kept here may still be completed over another one. @spec MS-47 */
  connectionLost(reason: string): void {
    this.#chunk = undefined;
    this.#messages.abandon(reason, (store) => store instanceof MessageTransfer);
  }

  /** Nothing more comes. */
  close(reason: string): void {
    this.#chunk = undefined;
    this.#messages.abandon(reason);
    this.#heads.clear();
  }

  /** @spec rfc4975#7.3.1 @spec MS-53 */
  #typeRefusalOf({ contentType }: Send): ChunkRefusal | undefined {
    if (contentType === undefined || acceptsType(this.#terms().acceptTypes, contentType)) return undefined;
    return acceptsType(mandatoryTypes, contentType)
      ? undefined
      : { status: 415, reason: "Unsupported Media Type" };
  }

  #open(
    send: Send,
    limits: { readonly maxBytes: number; readonly maxPieces: number },
  ): Store | ChunkRefusal | "complete" {
    const { maxHeldBytes } = this.#limits;
    const chunk = this.#chunk;
    if (!chunk) throw new Error("a message of no chunk");
    const head = headOf(chunk.head, send);
    if (this.#openTaker) return this.#openTransfer(head, chunk, limits);
    if (!this.#take) return { status: 403, reason: "Nobody Takes Messages Here" };
    if ((head.total ?? 0) > maxHeldBytes) return { status: 413, reason: "Message Too Large" };
    this.#heads.set(send.messageId, head);
    return new MessageAssembly(limits);
  }

  #openTransfer(
    head: IncomingHead,
    { connection }: Chunk,
    limits: { readonly maxBytes: number; readonly maxPieces: number },
  ): Store | ChunkRefusal | "complete" {
    let opening: Opening | undefined;
    try {
      opening = this.#openTaker?.(head);
    } catch (cause) {
      return refusalIn(cause);
    }
    if (!opening) throw new Error("nobody opens transfers here");
    if ("refuse" in opening) return { status: opening.refuse, reason: "Not Taken" };
    if ("isKnown" in opening) return "complete";
    return new MessageTransfer(opening, limits, (busy) => void holdWhile(busy, connection));
  }

  #acknowledgePart(chunk: Chunk, send: Send, store: Store): void {
    const busy = store instanceof MessageTransfer ? store.busy : undefined;
    if (!busy) return this.#accept(chunk);
    busy.then(
      () => this.#accept(chunk),
      (cause) => this.#fail(chunk, send, cause),
    );
  }

  /** The last chunk is answered when whoever takes the message is done with it. @spec DF-05 */
  #complete(chunk: Chunk, send: Send, outcome: Complete): void {
    const { store, messageId } = outcome;
    const size = store instanceof MessageTransfer ? store.size : store.heldBytes;
    const whole = { start: 1, end: size, total: size };
    let done: void | Promise<void>;
    try {
      done = this.#handOver(outcome);
    } catch (cause) {
      return this.#fail(chunk, send, cause);
    }
    if (!done) return this.#acknowledge(chunk, send, whole);
    const isHeld = this.#completing.size >= this.#limits.maxOpenMessages;
    if (isHeld) chunk.connection.hold();
    const settled = done.then(() => undefined, refusalIn);
    this.#completing.set(messageId, settled);
    void settled.then((refusal) => {
      this.#completing.delete(messageId);
      if (isHeld) chunk.connection.release();
      if (refusal) this.#messages.refuse(messageId, refusal);
      this.#answer(chunk, send, whole, refusal);
    });
  }

  #handOver({ store, messageId }: Complete): void | Promise<void> {
    if (store instanceof MessageTransfer) {
      const { busy, size, taker } = store;
      return busy ? busy.then(() => taker.complete(size)) : taker.complete(size);
    }
    const head = this.#heads.get(messageId);
    this.#heads.delete(messageId);
    if (!head) throw new Error("a message without a head");
    return this.#take?.({ ...head, content: store.content() });
  }

  /** Acknowledged as usual, and as the first one was. @spec rfc4975#5.4 @spec MS-47 */
  #repeat(chunk: Chunk, send: Send): void {
    const range = this.#messages.chunkRange;
    const completing = this.#completing.get(send.messageId);
    if (!completing) return this.#acknowledge(chunk, send, range);
    void completing.then((refusal) => this.#answer(chunk, send, range, refusal));
  }

  #answer(chunk: Chunk, send: Send, range: ByteRange, refusal: ChunkRefusal | undefined): void {
    if (refusal) this.#refuse(chunk, refusal);
    else this.#acknowledge(chunk, send, range);
  }

  /** @spec rfc4975#7.1.3 @spec MS-08 */
  #acknowledge(chunk: Chunk, send: Send, byteRange: ByteRange): void {
    this.#accept(chunk);
    const parts = { tid: createTid(this.#chance), from: this.#terms().uri, status: 200, byteRange };
    const report = send.wantsSuccessReport ? createReport(chunk.head, send, parts) : undefined;
    if (report) chunk.connection.notify(report);
  }

  #accept(chunk: Chunk): void {
    this.#answerOnce(chunk, { status: 200, reason: undefined });
  }

  #refuse(chunk: Chunk, refusal: ChunkRefusal | undefined): void {
    if (refusal) this.#answerOnce(chunk, refusal);
  }

  #fail(chunk: Chunk, { messageId }: Send, cause: unknown): void {
    const refusal = refusalIn(cause);
    this.#heads.delete(messageId);
    this.#messages.refuse(messageId, refusal);
    this.#refuse(chunk, refusal);
  }

  #answerOnce(
    chunk: Chunk,
    { status, reason }: { readonly status: number; readonly reason: string | undefined },
  ): void {
    if (chunk.isAnswered) return;
    chunk.isAnswered = true;
    const comment = reason === undefined ? {} : { comment: reason };
    chunk.connection.answer(chunk.head, { status, from: this.#terms().uri, ...comment });
  }
}

/** Reads nothing while a taker is busy. */
async function holdWhile(busy: Promise<void>, connection: SessionConnection): Promise<void> {
  connection.hold();
  await Promise.allSettled([busy]);
  connection.release();
}

function headOf({ fields }: RequestHead, send: Send): IncomingHead {
  const mimeFields: Field[] = [];
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (lower.startsWith("content-") && lower !== "content-type") mimeFields.push([name, value]);
  }
  return {
    messageId: send.messageId,
    contentType: send.contentType ?? "",
    mimeFields,
    total: send.byteRange?.total,
    wantsSuccessReport: send.wantsSuccessReport,
  };
}

/** What a taker's failure is answered with. */
function refusalIn(cause: unknown): ChunkRefusal {
  return cause instanceof MessageRefused
    ? { status: cause.status, reason: cause.message }
    : { status: 413, reason: "Message Was Not Taken" };
}
