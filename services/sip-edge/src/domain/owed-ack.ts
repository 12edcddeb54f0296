import type { DialogParts } from "@heliograph/sip";

/** The ACK to a 2xx that had the offer: it waits for the answer. @spec GEN-44 @spec rfc3261#13.2.2.4 */
export class OwedAck {
  #send: ((answer: DialogParts) => void) | undefined;

  /** A 2xx came; `send` acknowledges it, once. */
  owe(send: (answer: DialogParts) => void): void {
    this.#send = send;
  }

  /** Acknowledges what waits for it, if anything does. */
  send(answer: DialogParts): void {
    const send = this.#send;
    this.#send = undefined;
    send?.(answer);
  }
}
