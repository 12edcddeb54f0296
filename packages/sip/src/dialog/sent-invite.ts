import { step, type Timer } from "@heliograph/kernel";
import type { Flow, Outcome, SentInvite as InviteOnItsWay } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { timerM } from "../timers.js";
import { AckSender } from "./ack-sender.js";
import { composeInvite } from "./compose-invite.js";
import { descriptionOf } from "./description.js";
import { DialogState } from "./dialog-state.js";
import type { DialogParts, InviteOutcome, InviteParts } from "./dialogs.js";
import { type Beginning, InviteDialog } from "./invite-dialog.js";
import { type Action, type Event, outgoingInvite, type State } from "./outgoing-invite.machine.js";
import { ReliableReceipts } from "./reliable-receipts.js";
import { minSeOf, readTimer } from "./session-interval.js";
import type { Surroundings } from "./surroundings.js";

/** Who waits for an INVITE of ours. */
export interface InviteUser {
  /** Once. */
  settle(outcome: InviteOutcome): void;
  /** Nothing more will come of it. */
  over(): void;
}

/** One branch of a fork: the dialog that its first response made. */
interface Branch {
  readonly dialog: InviteDialog;
  readonly receipts: ReliableReceipts;
  /** Whether the answer to its offer went into a PRACK. */
  isAnswered: boolean;
  ack: AckSender | undefined;
}

/** What an event brings along. */
interface Detail {
  readonly response?: SipResponse;
  readonly branch?: Branch;
  readonly outcome?: Outcome;
}

/** How often an INVITE is sent again with a longer session interval. */
const mostTries = 3;

/** A branch that has nobody: its dialog begins with the 2xx. */
const nothingEarly: Beginning = { takePrack: () => false, dialogOver: () => undefined };

/** Drives the {@link outgoingInvite} table. @spec rfc3261#13.2 @spec rfc3262#4 @spec GEN-40 @spec GEN-41 */
export class SentInvite {
  readonly #surroundings: Surroundings;
  readonly #parts: InviteParts;
  readonly #user: InviteUser;
  readonly #branches = new Map<string, Branch>();
  readonly #does: Readonly<Record<Action, (detail: Detail) => void>> = {
    "pass to user": ({ response }) => response && this.#parts.onProgress?.(response),
    "confirm dialog": ({ branch, response }) => branch && response && this.#confirm(branch, response),
    "send ACK again": ({ branch }) => branch?.ack?.again(),
    "end dialog": ({ branch }) => branch && this.#end(branch),
    "end early dialogs": () => this.#endEarly(),
    "invite again": () => this.#inviteAgain(),
    "send CANCEL": () => this.#sent?.cancel(this.#reason),
    "tell outcome": (detail) => this.#tell(detail),
    "tell cancelled": () => this.#user.settle({ kind: "cancelled" }),
    "tell silent": () => this.#user.settle({ kind: "silent" }),
    forget: () => this.#user.over(),
  };
  #state: State = "calling";
  #request: SipRequest;
  #sent: InviteOnItsWay | undefined;
  #tries = 1;
  #minSeS: number | undefined;
  #reason: string | undefined;
  #ringing: Timer | undefined;
  #forking: Timer | undefined;

  constructor(surroundings: Surroundings, parts: InviteParts, user: InviteUser) {
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#user = user;
    this.#request = composeInvite(surroundings, parts);
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    const { ringMs } = this.#parts;
    if (ringMs !== undefined) {
      this.#ringing = this.#surroundings.clock.after(ringMs, () => this.#on("rang too long"));
    }
    this.#send();
  }

  /** @spec rfc3261#9.1 @spec GEN-17 @spec GEN-40 */
  cancel(reason: string | undefined): void {
    this.#reason ??= reason;
    this.#on("cancel");
  }

  /** Nothing that still comes of it is of interest. */
  drop(): void {
    this.#ringing?.cancel();
    this.#endEarly();
  }

  #send(): void {
    const { stack } = this.#surroundings;
    this.#sent = stack.invite(this.#request, this.#parts.target, {
      onResponse: (response, flow) => this.#hear(response, flow),
      onFailed: (outcome) => this.#failed(outcome),
    });
  }

  #hear(response: SipResponse, flow: Flow): void {
    if (response.status < 200) return this.#progressed(response, flow);
    const branch = this.#branchOf(response, flow);
    if (!branch) return;
    if (branch.ack) return this.#on("2xx again", { branch });
    branch.dialog.onFlow(flow);
    branch.dialog.state.confirm(response);
    branch.ack = new AckSender(this.#surroundings, branch.dialog.state, response.cseq.number);
    this.#forking ??= this.#surroundings.clock.after(timerM, () => this.#on("fork over"));
    this.#on("2xx", { response, branch });
  }

  #progressed(response: SipResponse, flow: Flow): void {
    if (response.status === 100) return;
    if (!response.to.params.has("tag")) return this.#on("1xx", { response });
    const branch = this.#branchOf(response, flow);
    if (!branch) return;
    branch.dialog.state.learn(response.headers);
    if (branch.receipts.take(response)) this.#on("1xx", { response });
  }

  /** Undefined when there are too many of them. @spec rfc3261#12.1.2 @spec rfc3261#13.2.2.4 */
  #branchOf(response: SipResponse, flow: Flow): Branch | undefined {
    const tag = response.to.params.get("tag") ?? "";
    const known = this.#branches.get(tag);
    if (known || this.#branches.size >= this.#surroundings.limits.maxForks) return known;
    const contact = this.#request.headers.get("contact") ?? "";
    const state = DialogState.ofResponse(this.#request, response, flow, contact);
    const dialog = new InviteDialog(this.#surroundings, state, nothingEarly);
    dialog.noteMinSe(this.#minSeS);
    const receipts = new ReliableReceipts((rack, reliable) => this.#acknowledge(branch, rack, reliable));
    const branch: Branch = { dialog, receipts, isAnswered: false, ack: undefined };
    this.#branches.set(tag, branch);
    this.#surroundings.table.add(dialog);
    return branch;
  }

  /** @spec rfc3262#4 @spec rfc3262#5 */
  #acknowledge(branch: Branch, rack: string, response: SipResponse): void {
    const parts = this.#parts.prack?.(response);
    branch.isAnswered ||= parts?.body !== undefined;
    branch.dialog.prack(rack, parts);
  }

  #failed(outcome: Outcome): void {
    if (
      outcome.kind === "response" &&
      outcome.response.status === 422 &&
      this.#mayTryAgain(outcome.response)
    ) {
      this.#on("interval too small", { outcome });
    } else this.#on("refused", { outcome });
  }

  /** @spec rfc4028#7.3 @spec rfc4028#7.4 @spec GEN-12 */
  #mayTryAgain({ headers }: SipResponse): boolean {
    const minSeS = minSeOf(headers);
    if (minSeS === undefined || minSeS <= (this.#minSeS ?? 0) || this.#tries >= mostTries) return false;
    this.#minSeS = minSeS;
    return true;
  }

  #on(event: Event, detail: Detail = {}): void {
    const { next, actions } = step(outgoingInvite, this.#state, event);
    this.#state = next;
    if (next !== "calling") this.#ringing?.cancel();
    for (const action of actions) this.#does[action](detail);
  }

  /** The ACK goes out at once unless the 2xx has the offer. @spec rfc3261#13.2.2.4 @spec GEN-44 */
  #confirm({ dialog, ack, isAnswered }: Branch, response: SipResponse): void {
    dialog.established(readTimer(response.headers));
    const { headers, body } = this.#request;
    const offer = descriptionOf(headers, body);
    if (offer) dialog.described(offer);
    const owesAnswer = body.length === 0 && response.body.length > 0 && !isAnswered;
    dialog.owedAck = () => this.#sendAck(dialog, ack, {});
    if (!owesAnswer) dialog.owedAck();
  }

  #sendAck(dialog: InviteDialog, ack: AckSender | undefined, parts: DialogParts): void {
    if (!dialog.owedAck) return;
    dialog.owedAck = undefined;
    ack?.send(parts);
    if (!dialog.isOver) dialog.changes.settled();
  }

  /** @spec rfc3261#13.2.2.4 @spec GEN-41 @spec GEN-17 */
  #end({ dialog, ack }: Branch): void {
    dialog.established(undefined);
    ack?.send();
    const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"';
    void dialog.bye(this.#state === "cancelled" ? this.#reason : elsewhere);
  }

  #endEarly(): void {
    this.#forking?.cancel();
    for (const { dialog, ack } of this.#branches.values()) if (!ack) dialog.refused([]);
    this.#branches.clear();
  }

  #inviteAgain(): void {
    this.#tries += 1;
    this.#request = composeInvite(this.#surroundings, this.#parts, {
      minSeS: this.#minSeS ?? 0,
      after: this.#request,
    });
    this.#send();
  }

  #tell({ response, branch, outcome }: Detail): void {
    if (response && branch) {
      const { dialog, ack } = branch;
      const acknowledge = (answer: DialogParts): void => this.#sendAck(dialog, ack, answer);
      return this.#user.settle({ kind: "accepted", dialog, response, acknowledge });
    }
    if (outcome?.kind === "response") this.#user.settle({ kind: "refused", response: outcome.response });
    else if (outcome) this.#user.settle(outcome);
  }
}
