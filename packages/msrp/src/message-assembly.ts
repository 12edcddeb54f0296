import type { ByteRange } from "./byte-range.js";
import type { ContinuationFlag } from "./head.js";

/** Why a chunk is not taken. */
export interface ChunkRefusal {
  readonly status: number;
  readonly reason: string;
}

/** How much one message may make us hold. */
export interface AssemblyLimits {
  /** Octets of the whole message. @spec MS-17 */
  readonly maxBytes: number;
  /** Runs of octets with gaps between them. */
  readonly maxPieces: number;
}

interface Piece {
  /** Octets before it; the first octet of the message is at 0. */
  start: number;
  length: number;
  /** May have room after `length`. */
  store: Uint8Array;
}

/**
 * A message put together from its chunks, in whatever order and however they overlap; what came last counts. It holds
 * what was received, never what a Byte-Range only promises.
 *
 * @spec rfc4975#7.3.1
 * @spec rfc4975#14.5
 * @spec MS-07
 */
export class MessageAssembly {
  readonly #limits: AssemblyLimits;
  /** By `start`, without overlaps. */
  readonly #pieces: Piece[] = [];
  #received = 0;
  #declared: number | undefined;
  /** Said by the chunk with `$`, which alone is to be believed. @spec R-msrp-4 */
  #total: number | undefined;
  #chunkStart = 0;
  #at = 0;

  constructor(limits: AssemblyLimits) {
    this.#limits = limits;
  }

  /** Octets that are here. */
  get heldBytes(): number {
    return this.#received;
  }

  /** The chunk in hand as far as it was really received, for a REPORT. @spec rfc4975#7.1.4 @spec MS-08 */
  get chunkRange(): ByteRange {
    return { start: this.#chunkStart + 1, end: this.#at, total: this.#total ?? this.#declared };
  }

  /** Whether all octets are here. */
  get isComplete(): boolean {
    return this.#total !== undefined && this.#received === this.#total;
  }

  /** A chunk begins. Without a Byte-Range it is the first. */
  begin(range: ByteRange | undefined): ChunkRefusal | undefined {
    const { start, total } = range ?? { start: 1, total: undefined };
    if (start - 1 > this.#limits.maxBytes || (total ?? 0) > this.#limits.maxBytes) return tooLarge;
    if (total !== undefined && this.#total === undefined) {
      if (this.#declared !== undefined && this.#declared !== total) return conflict;
      this.#declared = total;
    }
    this.#chunkStart = start - 1;
    this.#at = start - 1;
    return undefined;
  }

  /** More octets of the chunk. They are copied. */
  write(bytes: Uint8Array): ChunkRefusal | undefined {
    const end = this.#at + bytes.length;
    if (end > this.#limits.maxBytes) return tooLarge;
    if (this.#total !== undefined && end > this.#total) return conflict;
    const last = this.#pieces.at(-1);
    if (last && last.start + last.length === this.#at) this.#append(last, bytes);
    else this.#place(this.#at, bytes);
    this.#at = end;
    return this.#pieces.length > this.#limits.maxPieces ? tooScattered : undefined;
  }

  /** The chunk is over. */
  end(flag: ContinuationFlag): ChunkRefusal | undefined {
    if (flag !== "$") return undefined;
    const last = this.#pieces.at(-1);
    const isBeyond = last !== undefined && last.start + last.length > this.#at;
    if (isBeyond || (this.#total !== undefined && this.#total !== this.#at)) return conflict;
    this.#total = this.#at;
    return undefined;
  }

  /** Nothing has to be undone. */
  abandon(): void {}

  /** The message, when it is complete; else the octets that are here in a row. */
  content(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first) return first.store.subarray(0, first.length);
    const whole = new Uint8Array(this.#received);
    let at = 0;
    for (const { store, length } of this.#pieces) {
      whole.set(store.subarray(0, length), at);
      at += length;
    }
    return whole;
  }

  #append(piece: Piece, bytes: Uint8Array): void {
    const length = piece.length + bytes.length;
    if (length > piece.store.length) {
      const room = Math.min(Math.max(length, 2 * piece.store.length), this.#limits.maxBytes - piece.start);
      const grown = new Uint8Array(room);
      grown.set(piece.store.subarray(0, piece.length));
      piece.store = grown;
    }
    piece.store.set(bytes, piece.length);
    piece.length = length;
    this.#received += bytes.length;
  }

  /** Overwrites what is here and fills what is not. */
  #place(start: number, bytes: Uint8Array): void {
    const end = start + bytes.length;
    let at = start;
    for (let index = this.#firstBeyond(start); at < end; index += 1) {
      const piece = this.#pieces[index];
      const gapEnd = Math.min(piece?.start ?? end, end);
      if (at < gapEnd) {
        index += this.#fill(index, at, bytes.subarray(at - start, gapEnd - start));
        at = gapEnd;
      }
      if (!piece || at >= end) return;
      const overlapEnd = Math.min(piece.start + piece.length, end);
      piece.store.set(bytes.subarray(at - start, overlapEnd - start), at - piece.start);
      at = overlapEnd;
    }
  }

  /** Puts octets before the piece at `index`, onto the one before that where they touch. Gives how many pieces came in. */
  #fill(index: number, start: number, bytes: Uint8Array): 0 | 1 {
    const before = this.#pieces[index - 1];
    const after = this.#pieces[index];
    if (before && before.start + before.length === start) {
      this.#append(before, bytes);
      return 0;
    }
    if (after && after.start === start + bytes.length && this.#pieces.length >= this.#limits.maxPieces) {
      this.#prepend(after, bytes);
      return 0;
    }
    this.#pieces.splice(index, 0, { start, length: bytes.length, store: bytes.slice() });
    this.#received += bytes.length;
    return 1;
  }

  #prepend(piece: Piece, bytes: Uint8Array): void {
    const store = new Uint8Array(bytes.length + piece.length);
    store.set(bytes);
    store.set(piece.store.subarray(0, piece.length), bytes.length);
    piece.store = store;
    piece.start -= bytes.length;
    piece.length = store.length;
    this.#received += bytes.length;
  }

  /** The first piece that ends after `offset`. */
  #firstBeyond(offset: number): number {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle];
      if (piece && piece.start + piece.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @spec MS-17 */
export const tooLarge: ChunkRefusal = { status: 413, reason: "Message Too Large" };
/** @spec rfc4975#14.5 */
export const tooScattered: ChunkRefusal = { status: 413, reason: "Too Many Gaps In Message" };
/** @spec MS-07 */
export const conflict: ChunkRefusal = { status: 400, reason: "Chunks Do Not Agree On Message Size" };
