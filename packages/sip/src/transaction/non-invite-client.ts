import { step, unreachable } from "@heliograph/kernel";
import { formatMessage } from "../format-message.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { T2, timerE, timerF, timerK } from "../timers.js";
import type { Channel } from "./channel.js";
import type { ClientEnvironment, ClientUser, OpenClientTransaction } from "./client-transaction.js";
import { type Action, type Event, nonInviteClient, type State } from "./non-invite-client.machine.js";
import { Retransmitting } from "./retransmitting.js";
import { clientKeyOf } from "./transaction-key.js";

/** Drives the {@link nonInviteClient} table. @spec rfc3261#17.1.2.2 */
export class NonInviteClientTransaction extends Retransmitting implements OpenClientTransaction {
  readonly key: string;
  keyHash = 0;
  readonly method: string;
  readonly #environment: ClientEnvironment;
  #channel: Channel | undefined;
  #state: State = "trying";
  #user: ClientUser | undefined;
  #bytes: Uint8Array | undefined;

  constructor(environment: ClientEnvironment, request: SipRequest, channel: Channel, user: ClientUser) {
    super();
    this.#environment = environment;
    this.key = clientKeyOf(request.via, request.method);
    this.method = request.method;
    this.#channel = channel;
    this.#user = user;
    this.#bytes = formatMessage(request);
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    this.startTimers(this.#environment.alarms, this.#channel?.isReliable ? timerF : timerE, timerF);
    this.#transmit();
  }

  receiveResponse(response: SipResponse): void {
    this.#on(response.status < 200 ? "1xx" : "2xx-6xx", response);
  }

  cancel(): void {
    this.#on("abandon");
  }

  /** A request other than INVITE SHOULD NOT be cancelled. @spec rfc3261#9.1 */
  sendCancel(): void {}

  onAlarm(): void {
    if (this.#state === "completed") this.#on("timer K");
    else this.#on(this.hasWaited(timerF) ? "timer F" : "timer E");
  }

  #on(event: Event, response?: SipResponse, reason = ""): void {
    const { next, actions } = step(nonInviteClient, this.#state, event);
    const before = this.#state;
    this.#state = next;
    for (const action of actions) this.#run(action, response, reason);
    if (next === before) return;
    if (next === "completed") this.#settle();
    if (next === "terminated") this.#end();
  }

  #run(action: Action, response: SipResponse | undefined, reason: string): void {
    const { alarms } = this.#environment;
    switch (action) {
      case "resend request":
        return this.#transmit();
      case "restart timer E":
        return this.restartTimer(alarms, this.doubledMs(T2), timerF);
      case "set timer E to T2":
        return this.restartTimer(alarms, T2, timerF);
      case "start timer K":
        return alarms.arm(this, timerK(this.#isReliable));
      case "pass response to TU":
        return response && this.#user?.onResponse(response);
      case "inform TU of timeout":
        return this.#user?.onTimeout();
      case "inform TU of error":
        return this.#user?.onTransportError(reason);
      default:
        return unreachable(action);
    }
  }

  /** Of a transaction that is settled nobody asks. */
  get #isReliable(): boolean {
    return this.#channel?.isReliable ?? false;
  }

  #transmit(): void {
    if (this.#bytes) {
      this.#channel?.send(this.#bytes, (reason) => this.#on("transport error", undefined, reason));
    }
  }

  /** Nothing will be sent or told any more, so nothing is kept for it. */
  #settle(): void {
    if (this.#user) this.#environment.settled(this);
    this.#user = undefined;
    this.#bytes = undefined;
    this.#channel = undefined;
  }

  #end(): void {
    this.#settle();
    this.#environment.alarms.disarm(this);
    this.#environment.ended(this);
  }
}
