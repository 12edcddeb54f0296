import type { ByteRange } from "./byte-range.js";
import type { ContinuationFlag } from "./head.js";
import type { MessageStore } from "./incoming-messages.js";
import { type ChunkRefusal, conflict, tooLarge, tooScattered } from "./message-assembly.js";
import { OctetRanges } from "./octet-ranges.js";
import type { MessageTaker } from "./session-messages.js";

/**
 * A message that is handed over piece by piece, in whatever order: which octets have come is known, what they were is
 * not kept.
 *
 * @spec rfc4975#7.3.1
 * @spec MS-07
 * @spec MS-47
 */
export class MessageTransfer implements MessageStore {
  readonly heldBytes = 0;
  readonly taker: MessageTaker;
  readonly #maxBytes: number;
  readonly #ranges: OctetRanges;
  #declared: number | undefined;
  /** Said by the chunk with `$`, which alone is to be believed. @spec R-msrp-4 */
  #total: number | undefined;
  #chunkStart = 0;
  #at = 0;
  /** After the last octet that came. */
  #furthest: number;
  #busy: Promise<void> | undefined;

  readonly #hearBusy: (busy: Promise<void>) => void;

  /** `hearBusy` hears of each piece that the taker is not done with when it returns. */
  constructor(
    taker: MessageTaker,
    limits: { readonly maxBytes: number; readonly maxPieces: number },
    hearBusy: (busy: Promise<void>) => void,
  ) {
    this.taker = taker;
    this.#hearBusy = hearBusy;
    this.#maxBytes = limits.maxBytes;
    this.#ranges = new OctetRanges(limits.maxPieces);
    this.#furthest = taker.heldOctets ?? 0;
    this.#ranges.add({ start: 1, end: this.#furthest });
  }

  /** While the taker is not done with all pieces; rejects when it failed with one. */
  get busy(): Promise<void> | undefined {
    return this.#busy;
  }

  get isComplete(): boolean {
    return this.#total !== undefined && this.#ranges.covers(this.#total);
  }

  /** Octets of the whole message, once it is complete. */
  get size(): number {
    return this.#total ?? 0;
  }

  get chunkRange(): ByteRange {
    return { start: this.#chunkStart + 1, end: this.#at, total: this.#total ?? this.#declared };
  }

  begin(range: ByteRange | undefined): ChunkRefusal | undefined {
    const { start, total } = range ?? { start: 1, total: undefined };
    this.#chunkStart = start - 1;
    this.#at = start - 1;
    if (start - 1 > this.#maxBytes || (total ?? 0) > this.#maxBytes) return tooLarge;
    if (total === undefined || this.#total !== undefined) return undefined;
    if (this.#declared !== undefined && this.#declared !== total) return conflict;
    this.#declared = total;
    return undefined;
  }

  write(octets: Uint8Array): ChunkRefusal | undefined {
    const at = this.#at;
    const end = at + octets.length;
    if (end > this.#maxBytes) return tooLarge;
    if (this.#total !== undefined && end > this.#total) return conflict;
    this.#at = end;
    const written = this.taker.write(at, octets);
    if (!written) return undefined;
    void this.#wait(written);
    this.#hearBusy(written);
    return undefined;
  }

  end(flag: ContinuationFlag): ChunkRefusal | undefined {
    this.#furthest = Math.max(this.#furthest, this.#at);
    if (!this.#ranges.add({ start: this.#chunkStart + 1, end: this.#at })) return tooScattered;
    if (flag !== "$") return undefined;
    if (this.#furthest > this.#at || (this.#total !== undefined && this.#total !== this.#at)) return conflict;
    this.#total = this.#at;
    return undefined;
  }

  abandon(reason: string): void {
    this.taker.abandon(reason);
  }

  async #wait(written: Promise<void>): Promise<void> {
    const busy = this.#busy ? Promise.all([this.#busy, written]).then(() => undefined) : written;
    this.#busy = busy;
    try {
      await busy;
      if (this.#busy === busy) this.#busy = undefined;
    } catch {
      // Whoever ends the chunk hears of it.
    }
  }
}
