import type { DialogParts } from "./dialogs.js";
import type { ComposedRequest, DialogState } from "./dialog-state.js";
import { requestFields } from "./request-fields.js";
import type { Surroundings } from "./surroundings.js";

/** The ACK to one 2xx: it goes out again with every repetition of that. @spec rfc3261#13.2.2.4 */
export class AckSender {
  readonly #surroundings: Surroundings;
  readonly #state: DialogState;
  readonly #number: number;
  #ack: ComposedRequest | undefined;

  /** `number` is the CSeq number of the INVITE. */
  constructor(surroundings: Surroundings, state: DialogState, number: number) {
    this.#surroundings = surroundings;
    this.#state = state;
    this.#number = number;
  }

  /** Sends it for the first time, with the answer where the 2xx had the offer; nothing when it has been sent. @spec GEN-44 */
  send(parts: DialogParts = {}): void {
    if (this.#ack) return;
    const fields = requestFields(this.#surroundings, this.#state, "ACK", parts);
    this.#ack = this.#state.ack(this.#number, fields, parts.body);
    this.again();
  }

  /** The 2xx came again. */
  again(): void {
    if (!this.#ack) return;
    const { request, nextHop } = this.#ack;
    const target = this.#surroundings.targetOf(this.#state, nextHop);
    if (target) this.#surroundings.stack.send(request, target).catch(this.#surroundings.caught);
  }
}
