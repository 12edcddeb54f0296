import { step, unreachable } from "@heliograph/kernel";
import { formatMessage } from "../format-message.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { cancelledMs, timerA, timerB, timerC, timerD, timerM } from "../timers.js";
import type { Channel } from "./channel.js";
import type { ClientEnvironment, ClientUser, OpenClientTransaction } from "./client-transaction.js";
import { createAck } from "./create-ack.js";
import { createCancel } from "./create-cancel.js";
import {
  type Action,
  type Event,
  inviteClient,
  type State,
  type TimerAction,
} from "./invite-client.machine.js";
import { Retransmitting } from "./retransmitting.js";
import { clientKeyOf } from "./transaction-key.js";

/** Drives the {@link inviteClient} table. @spec rfc3261#17.1.1.2 @spec rfc6026#7.2 */
export class InviteClientTransaction extends Retransmitting implements OpenClientTransaction {
  readonly method = "INVITE";
  readonly key: string;
  keyHash = 0;
  readonly #environment: ClientEnvironment;
  readonly #request: SipRequest;
  readonly #channel: Channel;
  readonly #bytes: Uint8Array;
  #state: State = "calling";
  #user: ClientUser | undefined;
  #isOpen = true;
  #cancelReason: string | undefined;

  constructor(environment: ClientEnvironment, request: SipRequest, channel: Channel, user: ClientUser) {
    super();
    this.#environment = environment;
    this.key = clientKeyOf(request.via, request.method);
    this.#request = request;
    this.#channel = channel;
    this.#user = user;
    this.#bytes = formatMessage(request);
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    this.startTimers(this.#environment.alarms, this.#channel.isReliable ? timerB : timerA, timerB);
    this.#transmit(this.#bytes);
  }

  receiveResponse(response: SipResponse): void {
    this.#on(eventOf(response.status), response);
  }

  cancel(): void {
    this.#on("abandon");
    this.#user = undefined;
  }

  sendCancel(reason?: string): void {
    this.#cancelReason ??= reason;
    this.#on("cancel");
  }

  onAlarm(): void {
    switch (this.#state) {
      case "calling":
      case "cancelling":
        return this.#on(this.hasWaited(timerB) ? "timer B" : "timer A");
      case "proceeding":
        return this.#on("timer C");
      case "cancelled":
        return this.#on("cancel timeout");
      case "completed":
        return this.#on("timer D");
      case "accepted":
        return this.#on("timer M");
      case "terminated":
        return;
      default:
        return unreachable(this.#state);
    }
  }

  #on(event: Event, response?: SipResponse, reason = ""): void {
    const { next, actions } = step(inviteClient, this.#state, event);
    const before = this.#state;
    this.#state = next;
    for (const action of actions) this.#run(action, response, reason);
    if (next === before) return;
    if (next === "completed" || next === "accepted") this.#settle();
    if (next === "terminated") this.#end();
  }

  #run(action: Action, response: SipResponse | undefined, reason: string): void {
    switch (action) {
      case "resend request":
        return this.#transmit(this.#bytes);
      case "send ACK":
        return response && this.#transmit(formatMessage(createAck(this.#request, response)));
      case "send CANCEL":
        return this.#environment.sendCancel(createCancel(this.#request, this.#cancelReason), this.#channel);
      case "pass response to TU":
        return response && this.#user?.onResponse(response);
      case "inform TU of timeout":
        return this.#user?.onTimeout();
      case "inform TU of error":
        return this.#user?.onTransportError(reason);
      default:
        return this.#time(action);
    }
  }

  #time(action: TimerAction): void {
    const { alarms } = this.#environment;
    switch (action) {
      case "restart timer A":
        return this.restartTimer(alarms, this.doubledMs(timerB), timerB);
      case "start timer C":
        return alarms.arm(this, timerC);
      case "start timer D":
        return alarms.arm(this, timerD(this.#channel.isReliable));
      case "start timer M":
        return alarms.arm(this, timerM);
      case "start cancel timeout":
        return alarms.arm(this, cancelledMs);
      default:
        return unreachable(action);
    }
  }

  #transmit(bytes: Uint8Array): void {
    this.#channel.send(bytes, (reason) => this.#on("transport error", undefined, reason));
  }

  #settle(): void {
    if (this.#isOpen) this.#environment.settled(this);
    this.#isOpen = false;
  }

  #end(): void {
    this.#settle();
    this.#environment.alarms.disarm(this);
    this.#environment.ended(this);
  }
}

function eventOf(status: number): Event {
  if (status === 100) return "100";
  if (status < 200) return "101-199";
  return status < 300 ? "2xx" : "300-699";
}
