/**
 * Finds a needle in octets by its last octet, stepping over most of what is no match (Horspool). Made once and set
 * for each needle.
 */
export class OctetSearch {
  readonly #steps = new Uint8Array(256);
  #needle: Uint8Array = new Uint8Array(1);

  /** At most 255 octets. */
  set needle(needle: Uint8Array) {
    this.#needle = needle;
    const last = needle.length - 1;
    this.#steps.fill(needle.length);
    for (let index = 0; index < last; index += 1) this.#steps[needle[index] ?? 0] = last - index;
  }

  get needle(): Uint8Array {
    return this.#needle;
  }

  /** Where the needle starts at or after `from`; -1 is nowhere. */
  indexIn(bytes: Uint8Array, from: number): number {
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
