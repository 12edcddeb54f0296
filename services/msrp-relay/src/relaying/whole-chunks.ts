/** For a connection that needs whole chunks, larger ones are cut to this. @spec rfc7977#5.1 @spec MS-22 */
const cutBytes = 65_536;

/** Keeps octets until there are enough for a chunk. */
export class WholeChunks {
  #store: Uint8Array | undefined;
  #stored = 0;

  /** Adds octets; gives each chunk that is full, of which there is more to come, to `write`. */
  add(octets: Uint8Array, write: (chunk: Uint8Array) => void): void {
    let left = octets;
    while (this.#stored + left.length > cutBytes) {
      const room = cutBytes - this.#stored;
      this.#keep(left.subarray(0, room));
      write(this.rest());
      this.#stored = 0;
      left = left.subarray(room);
    }
    this.#keep(left);
  }

  /** What is left. */
  rest(): Uint8Array {
    return this.#store?.subarray(0, this.#stored) ?? new Uint8Array(0);
  }

  #keep(octets: Uint8Array): void {
    this.#store ??= new Uint8Array(cutBytes);
    this.#store.set(octets, this.#stored);
    this.#stored += octets.length;
  }
}
