import { step, type Timer } from "@heliograph/kernel";
import type { Field } from "../header-list.js";
import type { Flow, IncomingRequest } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { T1 } from "../timers.js";
import { composeAnswer, recordRoutesOf } from "./answers.js";
import { descriptionOf } from "./description.js";
import { DialogState } from "./dialog-state.js";
import type { Dialog, DialogParts, IncomingInvite } from "./dialogs.js";
import { type Action, type Event, incomingInvite, type State } from "./incoming-invite.machine.js";
import { type Beginning, InviteDialog } from "./invite-dialog.js";
import { hasTag, unknownTags } from "./option-tags.js";
import { noteContact } from "./request-fields.js";
import { answerTimer } from "./session-interval.js";
import { capabilityFields, type Surroundings } from "./surroundings.js";

/** A provisional answer of the user. */
interface Progress {
  readonly status: number;
  readonly parts: DialogParts | undefined;
}

/** What an event brings along. */
interface Detail {
  readonly progress?: Progress;
  readonly final?: Progress;
  readonly reasons?: readonly string[];
}

/** A proxy gives up an INVITE that is silent for three minutes. @spec rfc3261#13.3.1.1 */
const repeatProvisionalMs = 60_000;

/** Drives the {@link incomingInvite} table. @spec rfc3261#13.3 @spec rfc3262#3 @spec GEN-35 @spec GEN-40 @spec GEN-44 */
export class ReceivedInvite implements IncomingInvite, Beginning {
  readonly #surroundings: Surroundings;
  readonly #incoming: IncomingRequest;
  readonly #dialog: InviteDialog;
  readonly #kept: Progress[] = [];
  readonly #does: Readonly<Record<Action, (detail: Detail) => void>> = {
    "send provisional": ({ progress }) => progress && this.#provide(progress, []),
    "send reliably": ({ progress }) => progress && this.#sendReliably(progress),
    "keep for later": ({ progress }) => progress && this.#keep(progress),
    "send what was kept": () => this.#sendKept(),
    "send again": () => this.#reliable && this.#incoming.respond(this.#reliable),
    "send 2xx": () => this.#dialog.accept(this.#incoming, this.#answer, (ack) => this.#hearAck(ack)),
    "send refusal": ({ final }) => final && this.#dialog.answer(this.#incoming, final),
    "send 487": () => this.#dialog.answer(this.#incoming, { status: 487 }),
    "send 504": () => this.#dialog.answer(this.#incoming, { status: 504 }),
    "inform user": () => this.#inform(),
  };
  #state: State = "proceeding";
  #last: Progress = { status: 183, parts: undefined };
  #answer: Progress = { status: 200, parts: undefined };
  #rseq: number;
  #reliable: SipResponse | undefined;
  #repeating: Timer | undefined;
  #keepingAlive: Timer | undefined;
  #expiring: Timer | undefined;
  #reasons: readonly string[] | undefined;
  #hearCancelled: ((reasons: readonly string[]) => void) | undefined;
  #hearAck: (ack: SipRequest) => void = () => undefined;

  constructor(surroundings: Surroundings, incoming: IncomingRequest) {
    const { chance, below, contact } = surroundings;
    const { request: invite, flow } = incoming;
    this.#surroundings = surroundings;
    this.#incoming = incoming;
    this.#rseq = below(0x7fff_fffe);
    const own = { tag: chance.token(8), contact: contact({ invite, flow }), firstNumber: below(0x8000) };
    this.#dialog = new InviteDialog(surroundings, DialogState.ofRequest(invite, flow, own), this);
    const refusal = this.#refusal();
    if (refusal) this.#turnAway(refusal);
    else this.#begin();
  }

  get request(): SipRequest {
    return this.#incoming.request;
  }

  get flow(): Flow {
    return this.#incoming.flow;
  }

  get isOver(): boolean {
    return this.#state !== "proceeding" && this.#state !== "unacknowledged";
  }

  get state(): State {
    return this.#state;
  }

  progress(status: number, parts?: DialogParts & { readonly isReliable?: boolean }): void {
    if (status <= 100 || status >= 200) throw new Error(`${status} is no answer of progress`);
    const { headers } = this.request;
    const isReliable =
      hasTag(headers, "require", "100rel") ||
      (parts?.isReliable === true && hasTag(headers, "supported", "100rel"));
    this.#on(isReliable ? "reliable progress" : "progress", { progress: { status, parts } });
  }

  accept(parts: DialogParts): Dialog {
    this.#on("accept", { final: { status: 200, parts } });
    if (this.#state === "over") this.#dialog.refused(this.#reasons ?? []);
    return this.#dialog;
  }

  refuse(status: number, parts?: DialogParts): void {
    if (status < 300) throw new Error(`${status} refuses nothing`);
    this.#on("refuse", { final: { status, parts } });
  }

  onCancelled(hear: (reasons: readonly string[]) => void): void {
    this.#hearCancelled = hear;
    if (this.#reasons) hear(this.#reasons);
  }

  onAcknowledged(hear: (ack: SipRequest) => void): void {
    this.#hearAck = hear;
  }

  /** @spec rfc3262#3 @spec rfc3262#5 @spec R-sip-109 */
  takePrack(prack: IncomingRequest): boolean {
    const { headers, body } = prack.request;
    const [rseq, number, method] = (headers.get("rack") ?? "").trim().split(/\s+/);
    const isWaiting = this.#state === "unacknowledged" || this.#state === "accepting";
    const isOurs = Number(rseq) === this.#rseq && Number(number) === this.request.cseq.number;
    if (!isWaiting || !isOurs || method !== "INVITE") return false;
    const hasOffer = descriptionOf(headers, body) !== undefined && !this.#offersInProgress();
    this.#dialog.answer(prack, { status: hasOffer ? 488 : 200 });
    if (body.length > 0 && !hasOffer) this.#hearAck(prack.request);
    this.#on("PRACK");
    return true;
  }

  dialogOver(reasons: readonly string[]): void {
    this.#on("BYE", { reasons });
  }

  /** What the dialogs answer themselves. @spec rfc3261#8.2.2.3 @spec rfc3261#12.2.2 @spec rfc4028#9 @spec GEN-12 */
  #refusal(): { readonly status: number; readonly fields: readonly Field[] } | undefined {
    const { known, limits, table, sessionTimer } = this.#surroundings;
    if (this.request.to.params.has("tag")) return { status: 481, fields: [] };
    if (table.size >= limits.maxDialogs) {
      return { status: 503, fields: [["Retry-After", String(limits.retryAfterS)]] };
    }
    const { headers } = this.request;
    const unknown = unknownTags(headers, known);
    if (unknown.length > 0) return { status: 420, fields: [["Unsupported", unknown.join(", ")]] };
    const timer = answerTimer(headers, sessionTimer);
    if (timer.kind !== "too small") return undefined;
    return { status: 422, fields: [["Min-SE", String(timer.minS)]] };
  }

  #turnAway({ status, fields }: { readonly status: number; readonly fields: readonly Field[] }): void {
    this.#state = "over";
    this.#reasons = [];
    this.#dialog.answer(this.#incoming, { status }, fields);
  }

  #begin(): void {
    const { clock, table } = this.#surroundings;
    table.add(this.#dialog);
    this.#incoming.watch?.({
      onCancel: (reasons) => this.#on("CANCEL", { reasons }),
      onAnswerLost: () => undefined,
    });
    const expiresS = Number(/^\s*(\d{1,10})\s*$/.exec(this.request.headers.get("expires") ?? "")?.[1]);
    if (expiresS > 0) this.#expiring = clock.after(1_000 * expiresS, () => this.#on("expires"));
    this.#keepAlive();
  }

  /** @spec rfc3261#13.3.1.1 */
  #keepAlive(): void {
    this.#keepingAlive?.cancel();
    this.#keepingAlive = this.#surroundings.clock.after(repeatProvisionalMs, () => {
      if (this.#state !== "proceeding") return this.#keepAlive();
      const { reason, headers } = this.#last.parts ?? {};
      this.progress(this.#last.status, {
        ...(reason !== undefined && { reason }),
        ...(headers && { headers: headers.filter(([name]) => !/^content-/i.test(name)) }),
      });
    });
  }

  #on(event: Event, detail: Detail = {}): void {
    const { next, actions } = step(incomingInvite, this.#state, event);
    const before = this.#state;
    this.#state = next;
    if (detail.reasons) this.#reasons ??= detail.reasons;
    if (event === "accept" && next !== before) this.#promise(detail.final);
    for (const action of actions) this.#does[action](detail);
    if (next !== before && (next === "over" || next === "accepted")) this.#finish();
  }

  #promise(final: Progress | undefined): void {
    this.#answer = final ?? this.#answer;
    this.#dialog.promised();
  }

  #inform(): void {
    this.#reasons ??= [];
    this.#hearCancelled?.(this.#reasons);
  }

  #finish(): void {
    for (const timer of [this.#repeating, this.#keepingAlive, this.#expiring]) timer?.cancel();
    this.#kept.length = 0;
    if (this.#state === "over") this.#dialog.refused(this.#reasons ?? []);
  }

  #keep(progress: Progress): void {
    if (this.#kept.length < this.#surroundings.limits.maxWaiting) this.#kept.push(progress);
  }

  #sendKept(): void {
    this.#repeating?.cancel();
    this.#reliable = undefined;
    const first = this.#kept.shift();
    if (first) this.#on("reliable progress", { progress: first });
  }

  /** @spec rfc3261#13.3.1.1 @spec rfc3261#12.1.1 */
  #provide({ status, parts }: Progress, fields: readonly Field[]): SipResponse {
    const surroundings = this.#surroundings;
    const { state } = this.#dialog;
    this.#last = { status, parts };
    noteContact(state, parts?.headers ?? []);
    const response = composeAnswer(
      surroundings,
      this.request,
      { status, parts },
      {
        toTag: state.id.localTag,
        fields: [
          ...recordRoutesOf(this.request),
          ["Contact", state.localContact],
          ...capabilityFields(surroundings),
          ...fields,
        ],
      },
    );
    this.#incoming.respond(response);
    this.#keepAlive();
    return response;
  }

  /** @spec rfc3262#3 */
  #sendReliably(progress: Progress): void {
    this.#rseq += 1;
    this.#reliable = this.#provide(progress, [
      ["Require", "100rel"],
      ["RSeq", String(this.#rseq)],
    ]);
    this.#repeat(T1, 0);
  }

  /** The interval doubles without end. @spec rfc3262#3 */
  #repeat(intervalMs: number, waitedMs: number): void {
    const waitMs = Math.min(intervalMs, 64 * T1 - waitedMs);
    this.#repeating = this.#surroundings.clock.after(waitMs, () => {
      if (waitedMs + waitMs >= 64 * T1) return this.#on("no PRACK");
      this.#repeat(2 * intervalMs, waitedMs + waitMs);
      this.#on("repeat is due");
    });
  }

  /** Whether our reliable provisional answer had the offer, so that the PRACK has the answer. @spec rfc3262#5 */
  #offersInProgress(): boolean {
    const { headers, body } = this.request;
    return descriptionOf(headers, body) === undefined && (this.#reliable?.body.length ?? 0) > 0;
  }
}
