import { PassingMap } from "@heliograph/kernel";
import type { SipRequest } from "../sip-request.js";

/**
 * The requests that are not answered yet, by which a second copy that came another way is recognised. A Call-ID mostly
 * has one open request, so that is looked up by its Call-ID alone and only the others by all that identifies them.
 *
 * @spec rfc3261#8.2.2.2
 * @spec GEN-19
 * @spec R-sip-105
 */
export class OpenRequests {
  readonly #first = new PassingMap<SipRequest>();
  readonly #others = new PassingMap<SipRequest>();

  add(request: SipRequest): void {
    const { callId } = request;
    if (!this.#first.has(callId)) this.#first.set(callId, request);
    else if (!this.hasCopyOf(request)) this.#others.set(identityOf(request), request);
  }

  remove(request: SipRequest): void {
    if (this.#first.get(request.callId) === request) this.#first.delete(request.callId);
    else if (this.#others.size > 0 && this.#others.get(identityOf(request)) === request) {
      this.#others.delete(identityOf(request));
    }
  }

  /** Is an open request the same one? To be asked of a request that matches no transaction. */
  hasCopyOf(request: SipRequest): boolean {
    const first = this.#first.get(request.callId);
    if (first === undefined && this.#others.size === 0) return false;
    if (request.to.params.has("tag")) return false;
    const identity = identityOf(request);
    return (first !== undefined && identityOf(first) === identity) || this.#others.has(identity);
  }
}

function identityOf(request: SipRequest): string {
  const { number, method } = request.cseq;
  return [request.callId, number, method, request.from.params.get("tag") ?? ""].join("\n");
}
