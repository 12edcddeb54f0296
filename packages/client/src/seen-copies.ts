import type { ReceivedMessage } from "./received-message.js";

const remembered = 10_000;

/**
 * The messages that this device has had lately. Delivery is at least once: what was in flight when a server or a
 * connection died is sent again. @spec CL-15 @spec MS-47
 */
export class SeenCopies {
  readonly #seen = new Set<string>();

  /** Whether this is a second copy; remembers it as seen. */
  isRepeat(key: string): boolean {
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > remembered) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return false;
  }

  /** The message could not be taken: its next copy is the first. */
  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** A MESSAGE that is sent again has the same Call-ID, CSeq and Message-ID. */
export function pagerKeyOf({
  callId,
  cseq,
  messageId,
}: Pick<ReceivedMessage, "callId" | "cseq" | "messageId">): string {
  return messageId === undefined ? `${callId} ${cseq}` : `${callId} ${messageId}`;
}

/** One that comes by MSRP is sent again in another session, with the same Message-ID. @spec MS-47 @spec DF-48 */
export function sessionKeyOf(
  { from, messageId }: Pick<ReceivedMessage, "from" | "messageId">,
  msrpId: string,
) {
  return `msrp ${from} ${messageId ?? msrpId}`;
}
