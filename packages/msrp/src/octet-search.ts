const maxNeedle = 255;
const NodeBuffer = typeof Buffer === "undefined" ? undefined : Buffer;
/** From so many octets on, a search that is written in C++ saves more than calling it costs. */
const worthACall = 4_096;

/**
 * Finds a needle in octets by its last octet, stepping over most of what is no match (Horspool); in many octets with
 * `Buffer`, where there is one. Made once and set for each needle.
 */
export class OctetSearch {
  readonly #steps = new Uint8Array(256);
  readonly #room = new Uint8Array(maxNeedle);
  #needle: Uint8Array = this.#room.subarray(0, 1);

  /** ASCII, at most 255 characters. */
  seek(needle: string): void {
    const { length } = needle;
    if (length > maxNeedle) throw new RangeError("the needle is too long");
    const last = length - 1;
    const [room, steps] = [this.#room, this.#steps];
    steps.fill(length);
    for (let index = 0; index < length; index += 1) {
      const octet = needle.charCodeAt(index);
      room[index] = octet;
      if (index < last) steps[octet] = last - index;
    }
    if (this.#needle.length !== length) this.#needle = room.subarray(0, length);
  }

  get needle(): Uint8Array {
    return this.#needle;
  }

  /** Where the needle starts at or after `from`; -1 is nowhere. */
  indexIn(bytes: Uint8Array, from: number): number {
    if (NodeBuffer && bytes.length - from >= worthACall)
      return NodeBuffer.prototype.indexOf.call(bytes, this.#needle, from);
    return this.#stepIn(bytes, from);
  }

  #stepIn(bytes: Uint8Array, from: number): number {
    const needle = this.#needle;
    const steps = this.#steps;
    const end = bytes.length;
    const last = needle.length - 1;
    const [firstOctet, lastOctet] = [needle[0], needle[last]];
    for (let at = from + last; at < end; ) {
      const octet = bytes[at] ?? 0;
      if (octet === lastOctet && bytes[at - last] === firstOctet && matchesAt(bytes, at - last, needle))
        return at - last;
      at += steps[octet] ?? 1;
    }
    return -1;
  }
}

function matchesAt(bytes: Uint8Array, start: number, needle: Uint8Array): boolean {
  for (let index = 0; index < needle.length; index += 1)
    if (bytes[start + index] !== needle[index]) return false;
  return true;
}
