/** Where the octets of a message to send come from. */
export interface BodySource {
  /** Undefined until the end is known. */
  readonly size: number | undefined;
  /**
   * At most `most` octets from `from` on, `later` when there are none yet. None at all is the end of a source whose
   * size was not known.
   */
  read(from: number, most: number): Uint8Array | "later";
  /** Hears whenever there are octets again after a `later`: whoever writes goes on then. One hearer. */
  onReadable?(hear: () => void): void;
}

/** Octets in memory. */
export function bytesSource(bytes: Uint8Array): BodySource {
  return { size: bytes.length, read: (from, most) => bytes.subarray(from, from + most) };
}
