import { step, unreachable } from "@heliograph/kernel";
import { createResponse } from "../create-response.js";
import { formatMessage } from "../format-message.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { T2, timerG, timerH, timerI, timerL, tryingInviteMs } from "../timers.js";
import type { Channel } from "./channel.js";
import {
  type Action,
  type Event,
  inviteServer,
  type State,
  type TimerAction,
} from "./invite-server.machine.js";
import { Retransmitting } from "./retransmitting.js";
import type { OpenServerTransaction, ServerEnvironment } from "./server-transaction.js";
import { legacyAckKeyOf } from "./transaction-key.js";

/** What an event brings along: the response that the TU passes, the ACK, the CANCEL, why the transport failed. */
interface Detail {
  readonly response?: SipResponse;
  readonly ack?: SipRequest;
  readonly cancel?: SipRequest;
  readonly reason?: string;
}

const nothing: Detail = {};

/** Drives the {@link inviteServer} table. @spec rfc3261#17.2.1 @spec rfc6026#7.1 */
export class InviteServerTransaction extends Retransmitting implements OpenServerTransaction {
  keyHash = 0;
  readonly #environment: ServerEnvironment;
  #state: State = "proceeding";
  #isOpen = true;
  #last: Uint8Array | undefined;
  #toTag: string | undefined;
  #ackKey: string | undefined;

  constructor(
    environment: ServerEnvironment,
    readonly key: string,
    readonly request: SipRequest,
    readonly channel: Channel,
  ) {
    super();
    this.#environment = environment;
    environment.alarms.arm(this, tryingInviteMs);
  }

  get state(): State {
    return this.#state;
  }

  get ackKey(): string | undefined {
    return this.#ackKey;
  }

  receiveRequest(request: SipRequest): void {
    if (request.method === "ACK") this.#on("ACK", { ack: request });
    else this.#on("INVITE");
  }

  answerTag(): string {
    return (this.#toTag ??= this.request.to.params.get("tag") ?? this.#environment.chance.token(8));
  }

  receiveCancel(cancel: SipRequest): void {
    this.#on("CANCEL", { cancel });
  }

  respond(response: SipResponse): void {
    if (response.status < 200) this.#on("1xx", { response });
    else if (response.status < 300) this.#on("2xx", { response });
    else this.#on("300-699", { response });
  }

  onAlarm(): void {
    switch (this.#state) {
      case "proceeding":
        return this.#on("200 ms");
      case "completed":
        return this.#on(this.hasWaited(timerH) ? "timer H" : "timer G");
      case "confirmed":
        return this.#on("timer I");
      case "accepted":
        return this.#on("timer L");
      case "terminated":
        return;
      default:
        return unreachable(this.#state);
    }
  }

  forget(): void {
    this.#state = "terminated";
    this.#end();
  }

  #on(event: Event, detail = nothing): void {
    const { next, actions } = step(inviteServer, this.#state, event);
    const before = this.#state;
    this.#state = next;
    for (const action of actions) this.#run(action, detail);
    if (next === before) return;
    this.#settle();
    if (next === "terminated") this.#end();
  }

  #run(action: Action, { response, ack, cancel, reason }: Detail): void {
    switch (action) {
      case "send 100":
        return this.#send(createResponse(this.request, 100));
      case "send 487":
        return this.#send(createResponse(this.request, 487, { toTag: this.answerTag() }));
      case "send response":
        return response && this.#send(response);
      case "resend last response":
        return this.#transmit();
      case "pass ACK to TU":
        return ack && this.#environment.acknowledged(this, ack);
      case "inform TU of CANCEL":
        return this.#environment.cancelled(this, reasonsOf(cancel));
      case "inform TU":
        return this.#environment.failed(this, reason ?? "no ACK came");
      default:
        return this.#time(action);
    }
  }

  #time(action: TimerAction): void {
    const { alarms } = this.#environment;
    switch (action) {
      case "stop the 200 ms":
        return alarms.disarm(this);
      case "start timers G and H":
        return this.startTimers(alarms, this.channel.isReliable ? timerH : timerG, timerH);
      case "restart timer G":
        return this.restartTimer(alarms, this.doubledMs(T2), timerH);
      case "start timer I":
        return alarms.arm(this, timerI(this.channel.isReliable));
      case "start timer L":
        return alarms.arm(this, timerL);
      default:
        return unreachable(action);
    }
  }

  #send(response: SipResponse): void {
    this.#toTag = response.to.params.get("tag") ?? this.#toTag;
    if (response.status >= 300) this.#awaitAck();
    this.#last = formatMessage(response);
    this.#transmit();
  }

  #awaitAck(): void {
    this.#ackKey = legacyAckKeyOf(this.request, this.#toTag ?? "");
    if (this.#ackKey !== undefined) this.#environment.awaitsAck(this, this.#ackKey);
  }

  /** That of the answers so far, so that the answer to a CANCEL has the same. @spec rfc3261#9.2 */
  #transmit(): void {
    if (this.#last) this.channel.send(this.#last, (reason) => this.#on("transport error", { reason }));
  }

  #settle(): void {
    if (this.#isOpen) this.#environment.settled(this, this.request);
    this.#isOpen = false;
  }

  #end(): void {
    this.#settle();
    this.#environment.alarms.disarm(this);
    this.#environment.ended(this);
  }
}

function reasonsOf(cancel: SipRequest | undefined): readonly string[] {
  return cancel?.headers.values("reason") ?? [];
}
