import { PassingMap } from "@heliograph/kernel";
import type { SipRequest } from "@heliograph/sip";

/**
 * Requests that wait for their answer. The same request again by another way (same From tag, Call-ID, CSeq and
 * Request-URI in another transaction) has looped, or was merged on its way here. A spiral comes back with another
 * Request-URI, or on behalf of the other side, and goes on.
 *
 * @spec GEN-03 @spec GEN-19 @spec rfc3261#8.2.2.2 @spec rfc3261#16.3 @spec R-sip-edge-8
 */
export class OpenRequests {
  readonly #keys = new PassingMap<true>();

  get size(): number {
    return this.#keys.size;
  }

  /** Notes a request; undefined when it is open already. */
  open(request: SipRequest, requestUri: string, direction: string): (() => void) | undefined {
    const tag = request.from.params.get("tag") ?? "";
    const key = `${request.callId} ${request.cseq.number} ${tag} ${requestUri} ${direction}`;
    if (this.#keys.has(key)) return undefined;
    this.#keys.set(key, true);
    return () => this.#keys.delete(key);
  }
}
