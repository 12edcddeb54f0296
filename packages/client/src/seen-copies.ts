const remembered = 10_000;

/**
 * The messages that this device has had lately. Delivery is at least once: what was in flight when a server died is
 * sent again, with the same Call-ID, CSeq and Message-ID. @spec CL-15
 */
export class SeenCopies {
  readonly #seen = new Set<string>();

  /** Whether this is a second copy; remembers it as seen. */
  isRepeat({
    callId,
    cseq,
    messageId,
  }: {
    callId: string;
    cseq: number;
    messageId: string | undefined;
  }): boolean {
    const key = messageId === undefined ? `${callId} ${cseq}` : `${callId} ${messageId}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > remembered) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return false;
  }
}
