import type { SipResponse } from "../sip-response.js";
import { hasTag } from "./option-tags.js";

/**
 * The provisional responses to an INVITE of ours in one dialog: those that came reliably are acknowledged once, in their
 * order; repetitions, and what came too early, are dropped.
 *
 * @spec rfc3262#4
 */
export class ReliableReceipts {
  readonly #acknowledge: (rack: string, response: SipResponse) => void;
  #last: number | undefined;

  /** `acknowledge` sends the PRACK with this RAck. */
  constructor(acknowledge: (rack: string, response: SipResponse) => void) {
    this.#acknowledge = acknowledge;
  }

  /** Whether a response of 101 to 199 is to be looked at. */
  take(response: SipResponse): boolean {
    if (!hasTag(response.headers, "require", "100rel")) return true;
    const number = Number(/^\s*(\d{1,10})\s*$/.exec(response.headers.get("rseq") ?? "")?.[1]);
    if (Number.isNaN(number) || !response.to.params.has("tag")) return false;
    if (this.#last !== undefined && number !== this.#last + 1) return false;
    this.#last = number;
    this.#acknowledge(`${number} ${response.cseq.number} INVITE`, response);
    return true;
  }
}
