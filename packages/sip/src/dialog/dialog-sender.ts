import type { Timer } from "@heliograph/kernel";
import { HeaderList } from "../header-list.js";
import type { Outcome } from "../port.js";
import type { SipResponse } from "../sip-response.js";
import { timerF } from "../timers.js";
import { AckSender } from "./ack-sender.js";
import { descriptionOf } from "./description.js";
import type { ComposedRequest, DialogState } from "./dialog-state.js";
import type { DialogParts, DialogRequestOptions } from "./dialogs.js";
import type { Modifications } from "./modifications.js";
import { ReliableReceipts } from "./reliable-receipts.js";
import { requestFields, targetRefreshes } from "./request-fields.js";
import { askTimer, minSeOf, readTimer } from "./session-interval.js";
import type { SessionTimer } from "./session-timer.js";
import type { Surroundings } from "./surroundings.js";

/** What the requests of ours need of their dialog. */
export interface SendingDialog {
  readonly state: DialogState;
  readonly changes: Modifications;
  readonly timer: SessionTimer;
  readonly isOver: boolean;
  /** The session description that we gave last. */
  described(description: Uint8Array): void;
  /** 408, 481 or silence: nobody is there. @spec rfc3261#12.2.1.2 */
  gone(status: number): void;
}

/** How often a request is tried again on its own: after 491, and after 422. */
const mostRetries = 3;

/** Sends the requests of ours inside one dialog. @spec rfc3261#12.2.1 @spec rfc3261#14.1 @spec rfc3311#5.1 */
export class DialogSender {
  readonly #surroundings: Surroundings;
  readonly #dialog: SendingDialog;
  #minSeS: number | undefined;

  constructor(surroundings: Surroundings, dialog: SendingDialog) {
    this.#surroundings = surroundings;
    this.#dialog = dialog;
  }

  /** Sends a request; what collides is tried again. @spec rfc3261#14.1 @spec rfc3311#5.3 @spec GEN-15 */
  async request(method: string, parts: DialogParts, options: DialogRequestOptions = {}): Promise<Outcome> {
    for (let retries = 0; ; retries += 1) {
      const outcome = await this.#inTurn(method, parts, options);
      const waitMs = retries < mostRetries ? this.#retryInMs(method, outcome) : undefined;
      if (waitMs === undefined) return outcome;
      if (options.onCollision && isCollision(outcome)) {
        options.onCollision(waitMs);
        return outcome;
      }
      await this.#pause(waitMs);
    }
  }

  /** BYE, whatever its answer is. @spec rfc3261#15.1.1 @spec GEN-17 */
  async bye(reason: string | undefined): Promise<void> {
    await this.#send("BYE", reason === undefined ? {} : { headers: [["Reason", reason]] });
  }

  /** PRACK for a provisional response that came reliably. @spec rfc3262#4 */
  prack(rack: string, parts: DialogParts = {}): void {
    const { caught } = this.#surroundings;
    this.#send("PRACK", parts, [["RAck", rack]]).catch(caught);
  }

  /** Min-SE of a request of the peer, or of a 422: no interval of ours is shorter from then on. @spec rfc4028#7.4 */
  noteMinSe(minSeS: number | undefined): boolean {
    const before = this.#minSeS ?? 0;
    if (minSeS === undefined || minSeS <= before) return false;
    this.#minSeS = minSeS;
    return true;
  }

  /** An INVITE, and an UPDATE with an offer, wait until the session may be changed. */
  #inTurn(method: string, parts: DialogParts, options: DialogRequestOptions): Promise<Outcome> {
    if (this.#dialog.isOver) return Promise.resolve(over);
    if (method !== "INVITE" && !(method === "UPDATE" && parts.body)) {
      return this.#plain(method, parts, options);
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        if (this.#dialog.isOver) return resolve(over);
        if (method === "INVITE") this.#invite(parts, options, resolve);
        else this.#update(parts, options).then(resolve, this.#surroundings.caught);
      };
      if (!this.#dialog.changes.want(method, begin)) resolve(tooMany);
    });
  }

  async #update(parts: DialogParts, options: DialogRequestOptions): Promise<Outcome> {
    const outcome = await this.#plain("UPDATE", parts, options);
    if (!this.#dialog.isOver) this.#dialog.changes.settled();
    return outcome;
  }

  async #plain(method: string, parts: DialogParts, options: DialogRequestOptions): Promise<Outcome> {
    const outcome = await this.#send(method, parts, [], options.timeoutMs);
    if (this.#dialog.isOver) return outcome;
    this.#heard(method, parts, outcome);
    const isImpatient = options.timeoutMs !== undefined && options.timeoutMs < timerF;
    if (outcome.kind === "silent" && !isImpatient) this.#dialog.gone(408);
    return outcome;
  }

  #send(
    method: string,
    parts: DialogParts,
    extra: DialogParts["headers"] = [],
    timeoutMs?: number,
  ): Promise<Outcome> {
    const { request, nextHop } = this.#compose(method, parts, extra);
    const target = this.#surroundings.targetOf(this.#dialog.state, nextHop);
    if (!target) return Promise.resolve(noWay);
    return this.#surroundings.stack.send(request, target, timeoutMs === undefined ? {} : { timeoutMs });
  }

  #compose(method: string, parts: DialogParts, extra: DialogParts["headers"] = []): ComposedRequest {
    const { state, timer } = this.#dialog;
    const fields = requestFields(this.#surroundings, state, method, parts);
    if (targetRefreshes.has(method)) fields.push(...askTimer(0, this.#minSeS, timer.interval));
    return state.next(method, [...fields, ...extra], parts.body);
  }

  #invite(parts: DialogParts, options: DialogRequestOptions, resolve: (outcome: Outcome) => void): void {
    const surroundings = this.#surroundings;
    const { state, changes } = this.#dialog;
    const { request, nextHop } = this.#compose("INVITE", parts);
    let patience: Timer | undefined;
    let isSettled = false;
    const settle = (outcome: Outcome): void => {
      isSettled = true;
      patience?.cancel();
      if (!this.#dialog.isOver) this.#heard("INVITE", parts, outcome);
      if (!this.#dialog.isOver && outcome.kind === "silent") this.#dialog.gone(408);
      resolve(outcome);
    };
    const settleChange = (): void => {
      if (!this.#dialog.isOver) changes.settled();
    };
    const ack = new AckSender(surroundings, state, request.cseq.number);
    const receipts = new ReliableReceipts((rack) => this.prack(rack));
    let isAccepted = false;
    const target = surroundings.targetOf(state, nextHop);
    if (!target) {
      settle(noWay);
      return settleChange();
    }
    const sent = surroundings.stack.invite(request, target, {
      onResponse: (response) => {
        if (response.status < 200) return void (response.status > 100 && receipts.take(response));
        if (isAccepted) return ack.again();
        isAccepted = true;
        settle({ kind: "response", response });
        this.#acknowledge(ack, { parts, response, answer: options.answer }, settleChange);
      },
      onFailed: (outcome) => {
        settle(outcome);
        settleChange();
      },
    });
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && !isSettled) {
      patience = surroundings.clock.after(timeoutMs, () => sent.cancel());
    }
  }

  /** At once, unless the answer to the offer in the 2xx has to be found first. @spec rfc3261#13.2.2.4 @spec GEN-44 */
  #acknowledge(ack: AckSender, { parts, response, answer }: Accepted, settled: () => void): void {
    const acknowledge = (given: DialogParts): void => {
      ack.send(given);
      settled();
    };
    if (parts.body || response.body.length === 0 || !answer) return acknowledge({});
    Promise.resolve(answer(response)).then(acknowledge, (cause: unknown) => {
      this.#surroundings.caught(cause);
      acknowledge({});
    });
  }

  /** What an outcome says of the dialog. @spec rfc3261#12.2.1.2 @spec rfc4028#7.2 */
  #heard(method: string, parts: DialogParts, outcome: Outcome): void {
    if (outcome.kind !== "response") return;
    const { status, headers } = outcome.response;
    if (status === 408 || status === 481) return this.#dialog.gone(status);
    const { state, timer } = this.#dialog;
    if (status === 405 || status === 501) state.allowsUpdate &&= method !== "UPDATE";
    if (status >= 300 || !targetRefreshes.has(method)) return;
    state.refreshTarget(headers);
    timer.set(readTimer(headers));
    const description = parts.body && descriptionOf(HeaderList.of(parts.headers ?? []), parts.body);
    if (description) this.#dialog.described(description);
  }

  /** When to try again, if that makes sense. */
  #retryInMs(method: string, outcome: Outcome): number | undefined {
    if (outcome.kind !== "response" || this.#dialog.isOver || !targetRefreshes.has(method)) return undefined;
    const { status, headers } = outcome.response;
    if (status === 422) return this.noteMinSe(minSeOf(headers)) ? 0 : undefined;
    if (status !== 491) return undefined;
    const { below } = this.#surroundings;
    return this.#dialog.state.isCaller ? 2_100 + 10 * below(191) : 10 * below(201);
  }

  #pause(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#surroundings.clock.after(ms, resolve));
  }
}

const isCollision = (outcome: Outcome): boolean =>
  outcome.kind === "response" && outcome.response.status === 491;

interface Accepted {
  readonly parts: DialogParts;
  readonly response: SipResponse;
  readonly answer: DialogRequestOptions["answer"];
}

const over: Outcome = { kind: "unreachable", reason: "the dialog is over" };
const noWay: Outcome = { kind: "unreachable", reason: "there is no way to the peer any more" };
const tooMany: Outcome = { kind: "unreachable", reason: "too many changes of the session wait" };
