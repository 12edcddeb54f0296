import {
  createResponse,
  type Dialog,
  type DialogEnd,
  type DialogId,
  type DialogParts,
  type DialogRequestOptions,
  type Dialogs,
  type Flow,
  type IncomingInvite,
  type IncomingRequest,
  type InDialogRequest,
  type InviteOutcome,
  type InviteParts,
  type Outcome,
  type OutgoingInvite,
  type SipRequest,
  type SipResponse,
} from "@heliograph/sip";
import { Later } from "../src/session/later.js";

/** A request of ours inside a dialog. */
interface Asked {
  readonly method: string;
  readonly parts: DialogParts;
}

/** An answer of ours. */
export interface Answer {
  readonly status: number;
  readonly parts: DialogParts;
}

/** A dialog without a peer: a test answers what it asks, and asks. */
export class ScriptedDialog implements Dialog {
  readonly id: DialogId = { callId: "call-1", localTag: "l", remoteTag: "r" };
  readonly remoteTarget = "sip:peer@192.0.2.9";
  readonly asked: Asked[] = [];
  readonly byes: (string | undefined)[] = [];
  /** What the peer answers to an offer or another request. */
  answer: (asked: Asked) => Outcome | Promise<Outcome> = () => ({ kind: "silent" });
  #handle: (incoming: InDialogRequest) => void = () => undefined;
  #hear: (end: DialogEnd) => void = () => undefined;

  constructor(private readonly flow: Flow) {}

  async request(method: string, parts: DialogParts, options: DialogRequestOptions = {}): Promise<Outcome> {
    const asked = { method, parts };
    this.asked.push(asked);
    await Promise.resolve();
    const outcome = await this.answer(asked);
    if (outcome.kind === "response" && outcome.response.status === 491) options.onCollision?.(2_100);
    return outcome;
  }
  onRequest(handle: (incoming: InDialogRequest) => void): void {
    this.#handle = handle;
  }
  onEnded(hear: (end: DialogEnd) => void): void {
    this.#hear = hear;
  }
  bye(reason?: string): Promise<void> {
    this.byes.push(reason);
    this.#hear({ by: "local" });
    return Promise.resolve();
  }

  /** The peer sends a request inside the dialog; settles with our answer. `acknowledge` gives the body of the ACK. */
  receive(request: SipRequest, acknowledge?: (answer: Answer) => SipRequest): Promise<Answer> {
    const answered = new Later<Answer>();
    let hearAck: (ack: SipRequest) => void = () => undefined;
    this.#handle({
      request,
      flow: this.flow,
      respond: (status, parts = {}) => {
        answered.settle({ status, parts });
        if (acknowledge) hearAck(acknowledge({ status, parts }));
      },
      onAcknowledged: (hear) => {
        hearAck = hear;
      },
    });
    return answered.promise;
  }
  end(end: DialogEnd = { by: "remote", reasons: [] }): void {
    this.#hear(end);
  }
}

/** An INVITE of ours, whose fate a test decides. */
class ScriptedOutgoing implements OutgoingInvite {
  readonly #outcome = new Later<InviteOutcome>();
  readonly outcome = this.#outcome.promise;
  cancelled: string | undefined;

  constructor(readonly parts: InviteParts) {}

  cancel(reason = ""): void {
    this.cancelled = reason;
    this.#outcome.settle({ kind: "cancelled" });
  }
  settle(outcome: InviteOutcome): void {
    this.#outcome.settle(outcome);
  }
  accept(dialog: Dialog, body: Uint8Array | string, contentType = "application/sdp"): void {
    this.settle({
      kind: "accepted",
      dialog,
      response: answerTo(this.parts.request, 200, body, contentType),
      acknowledge: () => undefined,
    });
  }
  ring(status: number): void {
    this.parts.onProgress?.(createResponse(this.parts.request, status));
  }
  refuse(status: number, headers: readonly (readonly [string, string])[] = []): void {
    this.settle({ kind: "refused", response: createResponse(this.parts.request, status, { headers }) });
  }
}

/** An answer with a body. */
export function answerTo(
  request: SipRequest,
  status: number,
  body: Uint8Array | string = "",
  contentType = "application/sdp",
): SipResponse {
  const octets = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return createResponse(request, status, {
    toTag: "peer",
    headers: [["Content-Type", contentType]],
    body: octets,
  });
}

/** An INVITE from outside, and what it was answered. */
class ScriptedIncoming implements IncomingInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly dialog: ScriptedDialog;
  readonly progressed: number[] = [];
  readonly #answer = new Later<Answer>();
  readonly answer = this.#answer.promise;
  isOver = false;
  #cancelled: (reasons: readonly string[]) => void = () => undefined;

  constructor(incoming: IncomingRequest) {
    this.request = incoming.request;
    this.flow = incoming.flow;
    this.dialog = new ScriptedDialog(incoming.flow);
  }

  progress(status: number): void {
    this.progressed.push(status);
  }
  accept(parts: DialogParts): Dialog {
    this.isOver = true;
    this.#answer.settle({ status: 200, parts });
    return this.dialog;
  }
  refuse(status: number, parts: DialogParts = {}): void {
    this.isOver = true;
    this.#answer.settle({ status, parts });
  }
  onCancelled(hear: (reasons: readonly string[]) => void): void {
    this.#cancelled = hear;
  }
  onAcknowledged(): void {}
  cancel(): void {
    this.isOver = true;
    this.#cancelled([]);
  }
}

/** Dialogs without a network. */
export class ScriptedDialogs implements Dialogs {
  readonly invited: ScriptedOutgoing[] = [];
  readonly incoming: ScriptedIncoming[] = [];
  readonly closedFlows: Flow[] = [];
  readonly size = 0;

  take(): boolean {
    return false;
  }
  answer(incoming: IncomingRequest): ScriptedIncoming {
    const invite = new ScriptedIncoming(incoming);
    this.incoming.push(invite);
    return invite;
  }
  invite(parts: InviteParts): ScriptedOutgoing {
    const outgoing = new ScriptedOutgoing(parts);
    this.invited.push(outgoing);
    return outgoing;
  }
  flowClosed(flow: Flow): void {
    this.closedFlows.push(flow);
  }
  drain(): Promise<void> {
    return Promise.resolve();
  }
}
