/** Stands for nothing in {@link KeptResponses}. */
export const nothingKept = -1;

interface Slab {
  readonly buffer: ArrayBuffer;
  /** As long as the buffer is at the time. */
  readonly bytes: Uint8Array;
  used: number;
  live: number;
}

const lengthBytes = 4;

/**
 * The bytes of final responses, for retransmission. They are written one after the other into large slabs, and a
 * slab is used again when all in it are released: transactions complete and end in about the same order, so that
 * little is wasted, and the garbage collector sees a number per transaction instead of an array. A slab in which nothing
 * lives any more is resized to nothing: that gives its memory back now, and not when the garbage collector next looks
 * at what has grown old.
 */
export class KeptResponses {
  readonly #slabBytes: number;
  readonly #maxSlabs: number;
  readonly #slabs: Slab[] = [];
  readonly #free: number[] = [];
  #current = 0;

  constructor({ slabBytes = 262_144, maxBytes = 1_073_741_824 } = {}) {
    this.#slabBytes = slabBytes;
    this.#maxSlabs = Math.floor(maxBytes / slabBytes);
  }

  /** How much memory the slabs take. */
  get heldBytes(): number {
    return (this.#slabs.length - this.#free.length) * this.#slabBytes;
  }

  /** Copies `bytes`; gives a number to ask for them by, or {@link nothingKept} when there is no room for them. */
  keep(bytes: Uint8Array): number {
    const needed = bytes.length + lengthBytes;
    if (needed > this.#slabBytes) return nothingKept;
    let slab = this.#slabs[this.#current];
    if (slab === undefined || slab.used + needed > this.#slabBytes) slab = this.#openSlab();
    if (slab === undefined) return nothingKept;
    const at = slab.used;
    slab.used = at + needed;
    slab.live += 1;
    writeLength(slab.bytes, at, bytes.length);
    slab.bytes.set(bytes, at + lengthBytes);
    return this.#current * this.#slabBytes + at;
  }

  /** A copy, because the slab may be used again before the bytes have left. */
  read(kept: number): Uint8Array | undefined {
    const slab = this.#slabs[Math.floor(kept / this.#slabBytes)];
    if (slab === undefined) return undefined;
    const at = kept % this.#slabBytes;
    const start = at + lengthBytes;
    return slab.bytes.slice(start, start + readLength(slab.bytes, at));
  }

  /** Gives the room back. To be called once for each number. */
  release(kept: number): void {
    const index = Math.floor(kept / this.#slabBytes);
    const slab = this.#slabs[index];
    if (slab === undefined) return;
    slab.live -= 1;
    if (slab.live === 0) this.#recycle(index, slab);
  }

  #openSlab(): Slab | undefined {
    const free = this.#free.pop();
    if (free === undefined && this.#slabs.length >= this.#maxSlabs) return undefined;
    this.#current = free ?? this.#slabs.length;
    const slab = (this.#slabs[this.#current] ??= emptySlab(this.#slabBytes));
    slab.buffer.resize(this.#slabBytes);
    return slab;
  }

  /** The current slab starts again; any other gives its memory back. */
  #recycle(index: number, slab: Slab): void {
    slab.used = 0;
    if (index === this.#current) return;
    slab.buffer.resize(0);
    this.#free.push(index);
  }
}

function emptySlab(maxByteLength: number): Slab {
  const buffer = new ArrayBuffer(0, { maxByteLength });
  return { buffer, bytes: new Uint8Array(buffer), used: 0, live: 0 };
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length & 0xff;
  bytes[at + 1] = (length >>> 8) & 0xff;
  bytes[at + 2] = (length >>> 16) & 0xff;
}

function readLength(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}
