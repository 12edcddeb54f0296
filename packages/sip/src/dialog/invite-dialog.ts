import type { Field } from "../header-list.js";
import type { Flow, IncomingRequest, Outcome } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import { AcceptedInvite } from "./accepted-invite.js";
import { composeAnswer, recordRoutesOf } from "./answers.js";
import { descriptionOf } from "./description.js";
import { DialogLife } from "./dialog-life.js";
import { DialogSender, type SendingDialog } from "./dialog-sender.js";
import type { DialogState } from "./dialog-state.js";
import type { OpenDialog } from "./dialog-table.js";
import type {
  Dialog,
  DialogEnd,
  DialogId,
  DialogParts,
  DialogRequestOptions,
  InDialogRequest,
} from "./dialogs.js";
import { Modifications } from "./modifications.js";
import { unknownTags } from "./option-tags.js";
import { PendingRequest } from "./pending-request.js";
import { answerHasContact } from "./request-fields.js";
import { answerTimer, minSeOf, type SessionInterval } from "./session-interval.js";
import { SessionTimer } from "./session-timer.js";
import { capabilityFields, retryLater, type Surroundings } from "./surroundings.js";

/** The INVITE that a dialog begins with, while it is not settled. */
export interface Beginning {
  /** Takes a PRACK that acknowledges one of its answers; false: it acknowledges nothing. @spec rfc3262#3 */
  takePrack(prack: IncomingRequest): boolean;
  /** The early dialog is over by BYE, or nothing leads to the peer any more. */
  dialogOver(reasons: readonly string[]): void;
}

/** What answers a request: its status, and what the user adds. */
interface Answer {
  readonly status: number;
  readonly parts?: DialogParts | undefined;
}

/** A dialog that began with an INVITE, from its first tag to its end. @spec rfc3261#12 @spec rfc3261#14 @spec rfc3261#15 */
export class InviteDialog implements Dialog, OpenDialog, SendingDialog {
  readonly state: DialogState;
  readonly changes: Modifications;
  readonly timer: SessionTimer;
  /** Sends the ACK that is still owed to the peer's 2xx. */
  owedAck: (() => void) | undefined;
  readonly #surroundings: Surroundings;
  readonly #life: DialogLife;
  readonly #sender: DialogSender;
  readonly #pending = new Set<PendingRequest>();
  #beginning: Beginning | undefined;
  #accepted: { readonly invite: AcceptedInvite; readonly hear: (ack: SipRequest) => void } | undefined;
  #description: Uint8Array | undefined;
  #handle: ((incoming: InDialogRequest) => void) | undefined;
  #end: DialogEnd | undefined;
  #hearEnded: ((end: DialogEnd) => void) | undefined;
  #leavers: (() => void)[] = [];

  constructor(surroundings: Surroundings, state: DialogState, beginning: Beginning) {
    this.#surroundings = surroundings;
    this.state = state;
    this.#beginning = beginning;
    this.changes = new Modifications(state.isCaller ? "inviting" : "invited", surroundings.limits.maxWaiting);
    this.timer = new SessionTimer(surroundings.clock, {
      refresh: () => void this.#refresh().catch(surroundings.caught),
      expire: () => this.#fail("session timer", 'SIP;cause=408;text="Session Timer Expired"'),
    });
    this.#sender = new DialogSender(surroundings, this);
    this.#life = new DialogLife({
      sendBye: (reason) => this.#sendBye(reason),
      answerBye: (bye) => this.answer(bye, { status: 200 }),
      inform: (end) => this.#inform(end),
      forget: () => this.#forget(),
    });
  }

  get id(): DialogId {
    return this.state.id;
  }

  get flow(): Flow {
    return this.state.flow;
  }

  get remoteTarget(): string {
    return this.state.remoteTarget;
  }

  get isOver(): boolean {
    return this.#life.isOver;
  }

  request(method: string, parts: DialogParts, options?: DialogRequestOptions): Promise<Outcome> {
    if (dialogsOwn.has(method)) throw new Error(`${method} is sent by the dialog itself`);
    return this.#sender.request(method, parts, options);
  }

  onRequest(handle: (incoming: InDialogRequest) => void): void {
    this.#handle = handle;
  }

  onEnded(hear: (end: DialogEnd) => void): void {
    this.#hearEnded = hear;
    if (this.#end) hear(this.#end);
  }

  bye(reason?: string): Promise<void> {
    this.#life.on("bye", { end: { by: "local" }, reason });
    return this.#whenOver();
  }

  leave(reason: string | undefined): Promise<void> {
    if (this.#life.state === "early") {
      this.#beginning?.dialogOver([]);
      return Promise.resolve();
    }
    return this.bye(reason);
  }

  flowLost(): void {
    const { state } = this;
    if (!this.#surroundings.targetOf(state, state.nextHop)) this.drop();
  }

  drop(): void {
    if (this.#life.state === "early") this.#beginning?.dialogOver([]);
    this.#life.on("flow closed", { end: { by: "failure", why: "flow closed" } });
  }

  /** What came last from the peer came over it. */
  onFlow(flow: Flow): void {
    const before = this.state.flow.id;
    this.state.flow = flow;
    if (before !== flow.id) this.#surroundings.table.moved(this, before);
  }

  gone(status: number): void {
    this.#fail("gone", `SIP;cause=${status}`);
  }

  described(description: Uint8Array): void {
    this.#description = description;
  }

  /** Min-SE of the responses to the INVITE that it began with. */
  noteMinSe(minSeS: number | undefined): void {
    this.#sender.noteMinSe(minSeS);
  }

  /** PRACK for a provisional response to the INVITE that it began with. */
  prack(rack: string, parts: DialogParts | undefined): void {
    this.#sender.prack(rack, parts);
  }

  /** A 2xx to our INVITE made a session of it. */
  established(interval: SessionInterval | undefined): void {
    this.#beginning = undefined;
    this.#life.on("2xx received");
    this.timer.set(interval);
  }

  /** The 2xx to the INVITE that it began with will be sent: from now on it is the user's. */
  promised(): void {
    this.#life.on("2xx sent");
  }

  /** The INVITE that it began with has no 2xx. */
  refused(reasons: readonly string[]): void {
    this.#life.on("refused", { end: { by: "remote", reasons } });
    this.#end ??= { by: "remote", reasons };
  }

  /** Answers an INVITE with a 2xx, and hears its ACK. @spec rfc3261#13.3.1.4 @spec rfc4028#9 */
  accept(incoming: IncomingRequest, answer: Answer, hear: (ack: SipRequest) => void): void {
    const { request } = incoming;
    const isFirst = this.#beginning !== undefined;
    this.#beginning = undefined;
    this.state.refreshTarget(request.headers);
    const timer = answerTimer(request.headers, this.#surroundings.sessionTimer);
    const fields = [
      ...(isFirst ? recordRoutesOf(request) : []),
      ...(timer.kind === "timer" ? timer.fields : []),
    ];
    const response = this.#compose(request, answer, fields);
    const description = descriptionOf(response.headers, response.body);
    if (description) this.#description = description;
    const isOffer = description !== undefined && !descriptionOf(request.headers, request.body);
    this.changes.answered(isOffer ? "2xx with offer" : "2xx");
    this.#life.on("2xx sent");
    const { clock } = this.#surroundings;
    const invite = new AcceptedInvite(clock, incoming, response, () => this.#unacknowledged());
    this.#accepted = { invite, hear };
    this.timer.set(timer.kind === "timer" ? timer.interval : undefined);
    invite.start();
  }

  /** Answers with what the dialog adds. */
  answer(incoming: IncomingRequest, answer: Answer, fields: readonly Field[] = []): void {
    incoming.respond(this.#compose(incoming.request, answer, fields));
  }

  /** A request inside the dialog, checked and served. @spec rfc3261#12.2.2 */
  receive(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method === "ACK") return this.#takeAck(request);
    const refusal = this.#refusalOf(request);
    if (refusal) return this.answer(incoming, { status: refusal.status }, refusal.fields);
    this.onFlow(incoming.flow);
    this.state.learn(request.headers);
    this.#serve(incoming);
  }

  #serve(incoming: IncomingRequest): void {
    const { request } = incoming;
    switch (request.method) {
      case "BYE": {
        const reasons = request.headers.values("reason");
        this.#end ??= { by: "remote", reasons };
        return this.#life.on("BYE", { bye: incoming, end: { by: "remote", reasons } });
      }
      case "PRACK":
        if (this.#beginning?.takePrack(incoming) !== true) this.answer(incoming, { status: 481 });
        return;
      case "INVITE":
      case "UPDATE":
        return this.#takeChange(incoming, request.method);
      default:
        return this.#pass(incoming);
    }
  }

  /** CSeq, Require and method. @spec rfc3261#12.2.2 @spec rfc3261#8.2 @spec GEN-39 */
  #refusalOf(
    request: SipRequest,
  ): { readonly status: number; readonly fields: readonly Field[] } | undefined {
    const { known, allow } = this.#surroundings;
    if (!this.state.takesNumber(request.cseq.number)) return { status: 500, fields: [] };
    if (this.isOver && request.method !== "BYE") return { status: 481, fields: [] };
    const unknown = unknownTags(request.headers, known);
    if (unknown.length > 0) return { status: 420, fields: [["Unsupported", unknown.join(", ")]] };
    if (allow.includes(request.method)) return undefined;
    return { status: 405, fields: [["Allow", allow.join(", ")]] };
  }

  /** INVITE and UPDATE. @spec rfc3261#14.2 @spec rfc3311#5.2 @spec rfc4028#9 @spec R-sip-109 */
  #takeChange(incoming: IncomingRequest, method: "INVITE" | "UPDATE"): void {
    const { request } = incoming;
    const timer = answerTimer(request.headers, this.#surroundings.sessionTimer);
    if (timer.kind === "too small") {
      return this.answer(incoming, { status: 422 }, [["Min-SE", String(timer.minS)]]);
    }
    this.noteMinSe(minSeOf(request.headers));
    if (method === "UPDATE" && request.body.length === 0) return this.#refreshed(incoming, { status: 200 });
    switch (this.changes.admit(method)) {
      case "refuse with 491":
        return this.answer(incoming, { status: 491 });
      case "refuse with 500":
        return this.answer(incoming, { status: 500 }, [retryLater(this.#surroundings)]);
      default:
        this.#stopRepeating();
        return this.#pass(incoming);
    }
  }

  /** A new INVITE or offer comes only from who has our 2xx, even when the ACK to that was lost. */
  #stopRepeating(): void {
    if (!this.#accepted) return;
    this.#accepted.invite.stop();
    this.#accepted = undefined;
    this.#life.on("ACK");
  }

  /** An UPDATE has its 2xx. */
  #refreshed(incoming: IncomingRequest, answer: Answer): void {
    const { headers } = incoming.request;
    const timer = answerTimer(headers, this.#surroundings.sessionTimer);
    this.state.refreshTarget(headers);
    this.answer(incoming, answer, timer.kind === "timer" ? timer.fields : []);
    if (this.#life.isEstablished) this.timer.set(timer.kind === "timer" ? timer.interval : undefined);
  }

  #pass(incoming: IncomingRequest): void {
    const pending = new PendingRequest(incoming, (one, status, parts) =>
      this.#answered(one, { status, parts }),
    );
    if (this.#life.state === "early")
      return this.answer(incoming, { status: 500 }, [retryLater(this.#surroundings)]);
    if (this.#pending.size >= this.#surroundings.limits.maxPending) {
      const { retryAfterS } = this.#surroundings.limits;
      pending.respond(503, { headers: [["Retry-After", String(retryAfterS)]] });
      return;
    }
    this.#pending.add(pending);
    incoming.watch?.({ onCancel: () => this.#cancelled(pending), onAnswerLost: () => undefined });
    try {
      if (this.#handle) this.#handle(pending);
      else pending.respond(501);
    } catch (cause) {
      this.#surroundings.caught(cause);
      pending.respond(500);
    }
  }

  #answered(pending: PendingRequest, answer: Answer): void {
    const { incoming } = pending;
    const { method, body } = incoming.request;
    if (answer.status < 200) return this.answer(incoming, answer);
    this.#pending.delete(pending);
    const isAccepted = answer.status < 300;
    if (isAccepted && method === "INVITE") {
      return this.accept(incoming, answer, (ack) => pending.acknowledged(ack));
    }
    if (isAccepted && method === "UPDATE") this.#refreshed(incoming, answer);
    else this.answer(incoming, answer);
    if (method !== "INVITE" && (method !== "UPDATE" || body.length === 0)) return;
    this.changes.answered(isAccepted ? "2xx" : "refused");
  }

  #cancelled(pending: PendingRequest): void {
    this.#pending.delete(pending);
    if (pending.close()) this.changes.answered("refused");
  }

  #takeAck(ack: SipRequest): void {
    const accepted = this.#accepted;
    if (accepted?.invite.number !== ack.cseq.number) return;
    accepted.invite.stop();
    this.#accepted = undefined;
    if (!this.isOver) this.changes.acknowledged();
    this.#life.on("ACK");
    accepted.hear(ack);
  }

  #unacknowledged(): void {
    this.#accepted = undefined;
    this.#life.on("no ACK", {
      end: { by: "failure", why: "no ACK" },
      reason: 'SIP;cause=408;text="ACK Missing"',
    });
  }

  #fail(why: "session timer" | "gone", reason: string): void {
    this.#life.on("failure", { end: { by: "failure", why }, reason });
  }

  /** UPDATE where the peer takes it, else an INVITE with the description that it has already. @spec rfc4028#7.4 @spec GEN-12 */
  async #refresh(): Promise<void> {
    const description = this.#description;
    const method = this.state.allowsUpdate || !description ? "UPDATE" : "INVITE";
    const outcome = await this.#sender.request(
      method,
      method === "INVITE" && description
        ? { headers: [["Content-Type", "application/sdp"]], body: description }
        : {},
    );
    const isRefreshed = outcome.kind === "response" && outcome.response.status < 300;
    if (!isRefreshed && !this.isOver) this.timer.refused();
  }

  #sendBye(reason: string | undefined): void {
    this.owedAck?.();
    this.#accepted?.invite.stop();
    this.#sender
      .bye(reason)
      .catch(this.#surroundings.caught)
      .finally(() => this.#life.on("BYE answered"));
  }

  /** Nothing of the session goes on; only the 2xx that BYE has to wait for. @spec rfc3261#15.1.2 */
  #inform(end: DialogEnd): void {
    this.#quieten();
    this.#end = end;
    this.#hearEnded?.(end);
  }

  #quieten(): void {
    this.timer.over();
    for (const pending of this.#pending) {
      if (pending.close()) this.answer(pending.incoming, { status: 487 });
    }
    this.#pending.clear();
    this.changes.abandon();
  }

  #forget(): void {
    this.#quieten();
    this.#accepted?.invite.stop();
    this.#accepted = undefined;
    this.#surroundings.table.delete(this);
    this.#beginning?.dialogOver(this.#end?.by === "remote" ? this.#end.reasons : []);
    this.#beginning = undefined;
    for (const leave of this.#leavers.splice(0)) leave();
  }

  #whenOver(): Promise<void> {
    if (this.#life.state === "terminated") return Promise.resolve();
    return new Promise((resolve) => void this.#leavers.push(resolve));
  }

  #compose(request: SipRequest, answer: Answer, fields: readonly Field[]) {
    const { state } = this;
    const { status } = answer;
    const own: Field[] = [...fields];
    const isRefresh = request.method === "INVITE" || request.method === "UPDATE";
    if (status < 300 && answerHasContact(request.method)) own.push(["Contact", state.localContact]);
    if (status < 300 && isRefresh) own.push(...capabilityFields(this.#surroundings));
    const response = composeAnswer(this.#surroundings, request, answer, {
      toTag: state.id.localTag,
      fields: own,
    });
    if (status < 300 && isRefresh) state.localContact = response.headers.get("contact") ?? state.localContact;
    return response;
  }
}

/** What a user does not send: the dialog does. */
const dialogsOwn: ReadonlySet<string> = new Set(["ACK", "BYE", "CANCEL", "PRACK"]);
