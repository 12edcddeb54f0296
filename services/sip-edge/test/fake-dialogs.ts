import {
  createResponse,
  type Dialog,
  type DialogEnd,
  type DialogParts,
  type DialogRequestOptions,
  type Dialogs,
  type Flow,
  type InDialogRequest,
  type IncomingInvite,
  type IncomingRequest,
  type InviteOutcome,
  type InviteParts,
  type Outcome,
  type OutgoingInvite,
  type SipRequest,
} from "@heliograph/sip";

/** Scripted dialogs: they do what a test says, and show what was asked of them. */
export class FakeDialogs implements Dialogs {
  readonly answered: FakeIncomingInvite[] = [];
  readonly invited: FakeOutgoingInvite[] = [];
  readonly closed: Flow[] = [];
  readonly taken: SipRequest[] = [];
  /** Whether a request with a To tag belongs to a dialog here. */
  isKnown = false;
  drained: string | undefined;
  size = 0;

  take({ request }: IncomingRequest): boolean {
    if (this.isKnown) this.taken.push(request);
    return this.isKnown;
  }

  answer(incoming: IncomingRequest): FakeIncomingInvite {
    const invite = new FakeIncomingInvite(incoming);
    this.answered.push(invite);
    return invite;
  }

  invite(parts: InviteParts): FakeOutgoingInvite {
    const invite = new FakeOutgoingInvite(parts);
    this.invited.push(invite);
    return invite;
  }

  flowClosed(flow: Flow): void {
    this.closed.push(flow);
  }

  drain(_withinMs: number, reason?: string): Promise<void> {
    this.drained = reason;
    for (const { dialog } of this.answered) dialog.end({ by: "local" });
    for (const { dialog } of this.invited) dialog.end({ by: "local" });
    return Promise.resolve();
  }

  /** The INVITE that came last. */
  get lastAnswered(): FakeIncomingInvite {
    return last(this.answered);
  }

  /** The INVITE that was sent last. */
  get lastInvited(): FakeOutgoingInvite {
    return last(this.invited);
  }
}

/** A dialog that a test plays the peer of. */
class FakeDialog implements Dialog {
  readonly id = { callId: "c", localTag: "l", remoteTag: "r" };
  readonly remoteTarget = "sip:peer@192.0.2.30";
  readonly sent: { readonly method: string; readonly parts: DialogParts }[] = [];
  readonly byes: (string | undefined)[] = [];
  /** What the ACKs to 2xx with an offer had. */
  readonly acks: DialogParts[] = [];
  outcome: Outcome = { kind: "silent" };
  isOver = false;
  /** The peer acknowledges a 2xx to its re-INVITE. */
  acknowledge: (ack: SipRequest) => void = () => undefined;
  #handle: ((incoming: InDialogRequest) => void) | undefined;
  #hear: ((end: DialogEnd) => void) | undefined;

  request(method: string, parts: DialogParts, options: DialogRequestOptions = {}): Promise<Outcome> {
    this.sent.push({ method, parts });
    if (this.outcome.kind === "response" && options.answer) {
      void Promise.resolve(options.answer(this.outcome.response)).then((answer) => this.acks.push(answer));
    }
    return Promise.resolve(this.outcome);
  }

  onRequest(handle: (incoming: InDialogRequest) => void): void {
    this.#handle = handle;
  }

  onEnded(hear: (end: DialogEnd) => void): void {
    this.#hear = hear;
  }

  bye(reason?: string): Promise<void> {
    this.byes.push(reason);
    this.end({ by: "local" });
    return Promise.resolve();
  }

  /** The peer sends this inside the dialog; gives what it is answered. */
  receive(request: SipRequest, flow: Flow): { readonly status: number; readonly parts: DialogParts }[] {
    const answers: { status: number; parts: DialogParts }[] = [];
    this.#handle?.({
      request,
      flow,
      respond: (status, parts = {}) => void answers.push({ status, parts }),
      onAcknowledged: (hear) => (this.acknowledge = hear),
    });
    return answers;
  }

  end(end: DialogEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#hear?.(end);
  }
}

/** An INVITE that was handed in: answers go to the request's transaction, as they would over the wire. */
export class FakeIncomingInvite implements IncomingInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly dialog = new FakeDialog();
  isOver = false;
  readonly progressed: number[] = [];
  #cancelled: ((reasons: readonly string[]) => void) | undefined;
  #acknowledged: ((ack: SipRequest) => void) | undefined;

  constructor(private readonly incoming: IncomingRequest) {
    this.request = incoming.request;
    this.flow = incoming.flow;
  }

  progress(status: number, parts: DialogParts = {}): void {
    this.progressed.push(status);
    this.#respond(status, parts);
  }

  accept(parts: DialogParts): Dialog {
    this.isOver = true;
    this.#respond(200, parts);
    return this.dialog;
  }

  refuse(status: number, parts: DialogParts = {}): void {
    this.isOver = true;
    this.#respond(status, parts);
  }

  onCancelled(hear: (reasons: readonly string[]) => void): void {
    this.#cancelled = hear;
  }

  onAcknowledged(hear: (ack: SipRequest) => void): void {
    this.#acknowledged = hear;
  }

  cancel(...reasons: string[]): void {
    this.isOver = true;
    this.#respond(487, {});
    this.#cancelled?.(reasons);
  }

  acknowledge(ack: SipRequest): void {
    this.#acknowledged?.(ack);
  }

  #respond(status: number, { reason, headers = [], body }: DialogParts): void {
    const parts = { toTag: "us", headers, ...(reason !== undefined && { reason }), ...(body && { body }) };
    this.incoming.respond(createResponse(this.request, status, parts));
  }
}

/** An INVITE that was sent. */
export class FakeOutgoingInvite implements OutgoingInvite {
  readonly dialog = new FakeDialog();
  readonly acknowledged: DialogParts[] = [];
  readonly cancelled: (string | undefined)[] = [];
  readonly outcome: Promise<InviteOutcome>;
  #settle: (outcome: InviteOutcome) => void = () => undefined;

  constructor(readonly parts: InviteParts) {
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
  }

  get request(): SipRequest {
    return this.parts.request;
  }

  cancel(reason?: string): void {
    this.cancelled.push(reason);
    this.settle({ kind: "cancelled" });
  }

  settle(outcome: InviteOutcome): void {
    this.#settle(outcome);
  }

  /** The peer answers. */
  answer(
    status: number,
    parts: { readonly headers?: readonly (readonly [string, string])[]; readonly body?: string } = {},
  ): void {
    const { headers = [], body } = parts;
    const via = this.request.headers.prepend("Via", "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKf");
    const response = createResponse(this.request.with({ headers: via }), status, {
      toTag: "peer",
      headers,
      ...(body !== undefined && { body: new TextEncoder().encode(body) }),
    });
    if (status < 200) this.parts.onProgress?.(response);
    else if (status >= 300) this.settle({ kind: "refused", response });
    else {
      const acknowledge = (answer: DialogParts) => void this.acknowledged.push(answer);
      this.settle({ kind: "accepted", dialog: this.dialog, response, acknowledge });
    }
  }
}

function last<T>(all: readonly T[]): T {
  const one = all.at(-1);
  if (one === undefined) throw new Error("there is none");
  return one;
}
