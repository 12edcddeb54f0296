import { formatIsComposing, imdnMediaType, isComposingMediaType } from "@heliograph/im-bodies";
import { type Chance, type Clock, unreachable } from "@heliograph/kernel";
import { acceptsType, createMessageId, mandatoryTypes } from "@heliograph/msrp";
import {
  MessageRefused,
  type MessageToSend,
  type MsrpEndpoints,
  type SendOutcome,
} from "@heliograph/msrp-stack";
import { mayBeSent, wrapsEverything } from "@heliograph/sdp";
import { composeCpim, type ComposedBody } from "../compose-message.js";
import { composeReceipt, type ReceiptStatus } from "../compose-receipt.js";
import { readEnvelope } from "../read-message.js";
import type { Arrival, Composing, Disposition, Receipt, ReceivedMessage } from "../received-message.js";
import type { SeenCopies } from "../seen-copies.js";
import { ComposingReceiver } from "./composing-receiver.js";
import { composingRefreshS, ComposingSender } from "./composing-sender.js";
import { deliver } from "./deliver.js";
import type { Accepts } from "./local-ends.js";
import { type IncomingWhole, MessageLine } from "./message-line.js";
import { notAllowed } from "./not-allowed.js";
import type { SessionSignals } from "./session-signals.js";

/** What became of a message that was sent in a session. */
export type SessionSent =
  /** The far end has it. */
  | { readonly kind: "sent"; readonly messageId: string }
  /** An MSRP status, or 403 for a session that is on hold. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "lost"; readonly reason: string };

/** How a message is sent in a session. */
export interface SessionSendOptions {
  /** What the sender wants to be told. */
  readonly wants?: readonly Disposition[];
  /** Wait for the success report of the far end: where a relay of somebody else's answers first. @spec MS-08 */
  readonly isReported?: boolean;
}

/** Who hears what happens in a session. */
export interface ConversationHearers {
  message(arrival: Arrival): Promise<void> | void;
  receipt(receipt: Receipt): void;
  composing(composing: Composing): void;
}

interface Deps {
  readonly endpoints: MsrpEndpoints;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  readonly peer: string;
  readonly callId: () => string;
  readonly seen: SeenCopies;
  /** Who hears until the session has hearers of its own. */
  readonly hearers: ConversationHearers;
  /** Sends a receipt by MESSAGE, where it cannot go by MSRP. */
  readonly notify: (message: ReceivedMessage, status: ReceiptStatus) => Promise<void>;
  readonly signals: SessionSignals;
  /** What our description says that we take. */
  readonly accepts: Pick<Accepts, "acceptTypes" | "acceptWrappedTypes">;
}

/**
 * What people say to each other in a session: texts in message/cpim, receipts, and who is typing.
 *
 * @spec CL-22
 * @spec CL-31
 * @spec CL-32
 */
export class Conversation {
  readonly line: MessageLine;
  readonly #deps: Deps;
  readonly #typing: ComposingSender;
  readonly #peerTyping: ComposingReceiver;
  readonly #receipts = new Set<Promise<unknown>>();
  #hearers: ConversationHearers;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#hearers = deps.hearers;
    const { endpoints, clock, signals } = deps;
    this.line = new MessageLine({
      endpoints,
      clock,
      take: (message) => this.#take(message),
      failed: () => signals.failed(),
      changed: (line) => signals.changed(line),
    });
    this.#typing = new ComposingSender({ clock, send: (state) => void this.#sendComposing(state) });
    this.#peerTyping = new ComposingReceiver({
      clock,
      show: (state) => this.#hearers.composing({ from: deps.peer, state }),
    });
  }

  hear(hearers: Partial<ConversationHearers>): void {
    this.#hearers = { ...this.#hearers, ...hearers };
  }

  /** Sends content; in message/cpim where the peer takes that. */
  async send(content: Uint8Array, contentType: string, options: SessionSendOptions): Promise<SessionSent> {
    const messageId = createMessageId(this.#deps.chance);
    const composed = this.#compose(content, contentType, { messageId, wants: options.wants ?? [] });
    if (!composed) return { kind: "refused", status: 415, reason: `the peer does not take ${contentType}` };
    if (!this.maySend) return { kind: "refused", ...notAllowed.direction };
    this.#typing.messageSent();
    const outcome = await this.line.send({
      contentType: composed.contentType,
      body: composed.body,
      messageId,
      ...(options.isReported && { wantsSuccessReport: true }),
    });
    if (outcome.kind === "done") this.#deps.signals.active();
    return sentBy(outcome, messageId);
  }

  /** Whether content may go now. @spec MS-52 */
  get maySend(): boolean {
    const direction = this.line.opened?.direction ?? "sendrecv";
    return direction === "sendrecv" || direction === "sendonly";
  }

  typing(state: "active" | "idle"): void {
    if (state === "active") this.#typing.typing();
    else this.#typing.stopped();
  }

  /** Gives the first message of a session, which came with the INVITE. @spec CL-21 */
  async takeFirst(content: Uint8Array): Promise<void> {
    const { peer, aor, callId } = this.#deps;
    const read = readEnvelope({
      contentType: "message/cpim",
      content,
      from: peer,
      to: aor,
      sentAt: undefined,
      callId: callId(),
      cseq: 0,
    });
    if (read.kind === "message") await this.#deliver(read.message, callId());
  }

  /** Sends a receipt: in the session while it lasts, otherwise by MESSAGE. */
  async sendReceipt(message: ReceivedMessage, status: ReceiptStatus): Promise<void> {
    const composed = composeReceipt(message, status, { messageId: this.#newId(), sentAt: this.#now() });
    if (!composed) return;
    const peer = this.line.opened?.peer;
    if (peer && mayBeSent(peer, imdnMediaType, composed.contentType)) {
      const outcome = await this.line.send({ ...this.#unasked(composed), isNotification: true });
      if (outcome.kind === "done") return;
    }
    await this.#deps.notify(message, status);
  }

  /** Settles when the receipts that are due have gone. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#receipts);
  }

  end(): void {
    this.#typing.messageSent();
    this.#peerTyping.messageCame();
  }

  async #take(incoming: IncomingWhole): Promise<void> {
    const { peer, aor, callId, signals } = this.#deps;
    const read = readEnvelope({
      contentType: incoming.contentType,
      content: incoming.content,
      from: peer,
      to: aor,
      sentAt: undefined,
      callId: callId(),
      cseq: 0,
    });
    if (read.kind !== "composing") signals.active();
    switch (read.kind) {
      case "unreadable":
        throw new MessageRefused(read.status, read.reason);
      case "receipt":
        return this.#hearers.receipt(read.receipt);
      case "composing":
        return this.#peerTyping.said(read.composing.state, read.refreshS);
      case "message":
        if (!this.#takes(incoming, read.message))
          throw new MessageRefused(
            415,
            `${read.message.contentType} is not taken in ${incoming.contentType}`,
          );
        this.#peerTyping.messageCame();
        if (!(await this.#deliver(read.message, incoming.messageId)))
          throw new MessageRefused(413, "The message could not be taken");
    }
  }

  /** What stands inside a wrapper has to be among what we take there. @spec rfc4975#8.6 @spec MS-53 */
  #takes({ contentType: outer }: IncomingWhole, { contentType }: ReceivedMessage): boolean {
    const { acceptTypes, acceptWrappedTypes } = this.#deps.accepts;
    const taken = [...acceptTypes, ...acceptWrappedTypes, ...mandatoryTypes];
    return contentType === outer || acceptsType(taken, contentType);
  }

  #deliver(message: ReceivedMessage, id: string): Promise<boolean> {
    return deliver(
      {
        seen: this.#deps.seen,
        take: (arrival) => this.#hearers.message(arrival),
        delivered: (taken) => {
          const sending = this.sendReceipt(taken, "delivered");
          this.#receipts.add(sending);
          void sending.finally(() => this.#receipts.delete(sending));
        },
      },
      message,
      id,
    );
  }

  #compose(
    content: Uint8Array,
    contentType: string,
    { messageId, wants }: { readonly messageId: string; readonly wants: readonly Disposition[] },
  ): ComposedBody | undefined {
    const peer = this.line.opened?.peer;
    if (peer && !mayBeSent(peer, contentType, "message/cpim")) {
      return mayBeSent(peer, contentType) ? { contentType, body: content } : undefined;
    }
    return composeCpim({
      from: this.#deps.aor,
      to: this.#deps.peer,
      messageId,
      sentAt: this.#now(),
      wants,
      contentHeaders: [["Content-Type", contentType]],
      content,
    });
  }

  /** To a peer that wants everything wrapped it goes in message/cpim; to one that does not take it, not at all. @spec rfc4975#13 */
  async #sendComposing(state: "active" | "idle"): Promise<void> {
    const peer = this.line.opened?.peer;
    if (!peer || !this.maySend) return;
    const body = new TextEncoder().encode(
      formatIsComposing({ state, ...(state === "active" && { refreshS: composingRefreshS }) }),
    );
    const isBare = !wrapsEverything(peer) && mayBeSent(peer, isComposingMediaType);
    const composed = isBare
      ? { contentType: isComposingMediaType, body }
      : this.#compose(body, isComposingMediaType, { messageId: this.#newId(), wants: [] });
    if (composed) await this.line.send(this.#unasked(composed));
  }

  #unasked({ contentType, body }: ComposedBody): MessageToSend {
    return { contentType, body, messageId: createMessageId(this.#deps.chance) };
  }

  #newId(): string {
    return this.#deps.chance.token(12);
  }

  #now(): string {
    return new Date(this.#deps.clock.nowMs()).toISOString();
  }
}

function sentBy(outcome: SendOutcome, messageId: string): SessionSent {
  switch (outcome.kind) {
    case "done":
      return { kind: "sent", messageId };
    case "refused":
      return { kind: "refused", status: outcome.status, reason: outcome.comment ?? "refused by the far end" };
    case "not-allowed":
      return { kind: "refused", ...notAllowed[outcome.why] };
    case "lost":
      return { kind: "lost", reason: outcome.reason };
    default:
      return unreachable(outcome);
  }
}
