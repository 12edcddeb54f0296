import type { Clock, Timer } from "@heliograph/kernel";
import type { IncomingRequest } from "../port.js";
import type { SipResponse } from "../sip-response.js";
import { T1, T2 } from "../timers.js";

/**
 * A 2xx of ours to an INVITE, which is sent again over every transport until its ACK, for at most 64*T1.
 *
 * @spec rfc3261#13.3.1.4 @spec rfc6026#7.1 @spec GEN-35
 */
export class AcceptedInvite {
  /** The CSeq number that its ACK has. */
  readonly number: number;
  readonly #clock: Clock;
  readonly #incoming: IncomingRequest;
  readonly #response: SipResponse;
  readonly #onSilence: () => void;
  #timer: Timer | undefined;
  #waitedMs = 0;

  constructor(clock: Clock, incoming: IncomingRequest, response: SipResponse, onSilence: () => void) {
    this.number = incoming.request.cseq.number;
    this.#clock = clock;
    this.#incoming = incoming;
    this.#response = response;
    this.#onSilence = onSilence;
  }

  start(): void {
    this.#send(T1);
  }

  /** The ACK came, or nobody waits for it any more. */
  stop(): void {
    this.#timer?.cancel();
  }

  #send(intervalMs: number): void {
    const waitMs = Math.min(intervalMs, 64 * T1 - this.#waitedMs);
    this.#waitedMs += waitMs;
    this.#timer = this.#clock.after(waitMs, () => {
      if (this.#waitedMs >= 64 * T1) this.#onSilence();
      else this.#send(Math.min(2 * intervalMs, T2));
    });
    this.#incoming.respond(this.#response);
  }
}
