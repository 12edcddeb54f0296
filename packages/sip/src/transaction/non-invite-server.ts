import { step, unreachable } from "@heliograph/kernel";
import { createResponse } from "../create-response.js";
import { formatMessage } from "../format-message.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { timerF, timerJ, tryingOtherMs } from "../timers.js";
import { Alarmed } from "./alarms.js";
import type { Channel } from "./channel.js";
import { nothingKept } from "./kept-responses.js";
import { type Action, type Event, nonInviteServer, type State } from "./non-invite-server.machine.js";
import type { OpenServerTransaction, ServerEnvironment } from "./server-transaction.js";

const alarmIn: Readonly<Record<State, Event | undefined>> = {
  trying: "timer E at T2",
  proceeding: "timer F",
  completed: "timer J",
  terminated: undefined,
};

/**
 * Drives the {@link nonInviteServer} table. Tens of thousands wait in Completed, so it keeps the request only while
 * that is open and of the response only what a retransmission needs.
 *
 * @spec rfc3261#17.2.2
 */
export class NonInviteServerTransaction extends Alarmed implements OpenServerTransaction {
  readonly key: string;
  keyHash = 0;
  readonly channel: Channel;
  readonly #environment: ServerEnvironment;
  #state: State = "trying";
  #request: SipRequest | undefined;
  #kept = nothingKept;

  constructor(environment: ServerEnvironment, key: string, request: SipRequest, channel: Channel) {
    super();
    this.#environment = environment;
    this.key = key;
    this.channel = channel;
    this.#request = request;
    environment.alarms.arm(this, tryingOtherMs);
  }

  get state(): State {
    return this.#state;
  }

  receiveRequest(): void {
    this.#on("request");
  }

  answerTag(): undefined {
    return undefined;
  }

  receiveCancel(): void {
    // Without effect on this method. @spec rfc3261#9.2 @spec GEN-40
  }

  respond(response: SipResponse): void {
    if (response.status < 200) this.#on("1xx");
    else if (response.status === 408) this.#on("408");
    else this.#on("2xx-6xx", response);
  }

  onAlarm(): void {
    const event = alarmIn[this.#state];
    if (event) this.#on(event);
  }

  forget(): void {
    this.#state = "terminated";
    this.#end();
  }

  #on(event: Event, response?: SipResponse, reason = ""): void {
    const { next, actions } = step(nonInviteServer, this.#state, event);
    const before = this.#state;
    this.#state = next;
    for (const action of actions) this.#run(action, response, reason);
    if (next === before) return;
    if (next === "completed") this.#settle();
    if (next === "terminated") this.#end();
  }

  #run(action: Action, response: SipResponse | undefined, reason: string): void {
    switch (action) {
      case "send 100":
        if (this.#request) this.#send(createResponse(this.#request, 100));
        return;
      case "send response":
        if (response) this.#send(response);
        return;
      case "resend last response":
        return this.#resend();
      case "start timer F":
        return this.#environment.alarms.arm(this, timerF - tryingOtherMs);
      case "start timer J":
        return this.#environment.alarms.arm(this, timerJ(this.channel.isReliable));
      case "inform TU":
        return this.#environment.failed(this, reason);
      default:
        return unreachable(action);
    }
  }

  #send(response: SipResponse): void {
    const bytes = formatMessage(response);
    if (!this.channel.isReliable) {
      this.#release();
      this.#kept = this.#environment.kept.keep(bytes);
    }
    this.#transmit(bytes);
  }

  #resend(): void {
    const bytes = this.#environment.kept.read(this.#kept);
    if (bytes) this.#transmit(bytes);
  }

  #transmit(bytes: Uint8Array): void {
    this.channel.send(bytes, (reason) => this.#on("transport error", undefined, reason));
  }

  #settle(): void {
    if (this.#request) this.#environment.settled(this, this.#request);
    this.#request = undefined;
  }

  #end(): void {
    this.#settle();
    this.#release();
    this.#environment.alarms.disarm(this);
    this.#environment.ended(this);
  }

  #release(): void {
    if (this.#kept !== nothingKept) this.#environment.kept.release(this.#kept);
    this.#kept = nothingKept;
  }
}
