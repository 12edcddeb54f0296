import type { ReceivedMessage } from "./received-message.js";

const remembered = 10_000;

type Copy = Pick<ReceivedMessage, "callId" | "cseq" | "messageId">;

/**
 * The messages that this device has had lately. Delivery is at least once: what was in flight when a server died is
 * sent again, with the same Call-ID, CSeq and Message-ID. @spec CL-15
 */
export class SeenCopies {
  readonly #seen = new Set<string>();

  /** Whether this is a second copy; remembers it as seen. */
  isRepeat(message: Copy): boolean {
    const key = keyOf(message);
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > remembered) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return false;
  }

  /** The message could not be taken: its next copy is the first. */
  forget(message: Copy): void {
    this.#seen.delete(keyOf(message));
  }
}

function keyOf({ callId, cseq, messageId }: Copy): string {
  return messageId === undefined ? `${callId} ${cseq}` : `${callId} ${messageId}`;
}
