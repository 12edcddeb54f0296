import type { Flow, IncomingRequest } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import type { DialogParts, InDialogRequest } from "./dialogs.js";

/** Where the answers of the user go. */
export type Answering = (pending: PendingRequest, status: number, parts: DialogParts | undefined) => void;

/** A request inside a dialog that waits for the answer of the user. */
export class PendingRequest implements InDialogRequest {
  readonly incoming: IncomingRequest;
  readonly #answer: Answering;
  #isAnswered = false;
  #hearAck: ((ack: SipRequest) => void) | undefined;

  constructor(incoming: IncomingRequest, answer: Answering) {
    this.incoming = incoming;
    this.#answer = answer;
  }

  get request(): SipRequest {
    return this.incoming.request;
  }

  get flow(): Flow {
    return this.incoming.flow;
  }

  /** A second final answer is discarded. */
  respond(status: number, parts?: DialogParts): void {
    if (this.#isAnswered) return;
    this.#isAnswered = status >= 200;
    this.#answer(this, status, parts);
  }

  /** Somebody else has answered it. */
  close(): boolean {
    const wasOpen = !this.#isAnswered;
    this.#isAnswered = true;
    return wasOpen;
  }

  onAcknowledged(hear: (ack: SipRequest) => void): void {
    this.#hearAck = hear;
  }

  acknowledged(ack: SipRequest): void {
    this.#hearAck?.(ack);
  }
}
