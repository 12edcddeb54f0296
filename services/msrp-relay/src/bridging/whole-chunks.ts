/** For a connection that needs whole chunks, larger ones are cut to this. @spec rfc7977#5.1 @spec MS-22 */
const cutBytes = 65_536;
const none = new Uint8Array(0);

/** Keeps octets until there are enough for a chunk, or all of them. */
export class WholeChunks {
  /** A view at first, `#store` as soon as that has to grow. */
  #view: Uint8Array | undefined;
  #store: Uint8Array | undefined;
  #stored = 0;

  /** Adds octets; gives each chunk that is full, of which there is more to come, to `write`. */
  add(octets: Uint8Array, write: (chunk: Uint8Array) => void): void {
    const view = this.#view;
    if (view === undefined && this.#stored === 0 && octets.length <= cutBytes) {
      this.#view = octets;
      return;
    }
    this.#view = undefined;
    if (view !== undefined) this.#keep(view, write);
    this.#keep(octets, write);
  }

  /** What is left. */
  rest(): Uint8Array {
    return this.#view ?? this.#store?.subarray(0, this.#stored) ?? none;
  }

  #keep(octets: Uint8Array, write: (chunk: Uint8Array) => void): void {
    let left = octets;
    while (this.#stored + left.length > cutBytes) {
      const room = cutBytes - this.#stored;
      if (this.#stored === 0) write(left.subarray(0, room));
      else {
        this.#put(left.subarray(0, room));
        this.#stored = 0;
        if (this.#store) write(this.#store);
      }
      left = left.subarray(room);
    }
    this.#put(left);
  }

  #put(octets: Uint8Array): void {
    this.#store ??= new Uint8Array(cutBytes);
    this.#store.set(octets, this.#stored);
    this.#stored += octets.length;
  }
}
