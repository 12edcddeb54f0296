import type { Chance } from "@heliograph/kernel";
import { acceptsType, bareType, type Direction, mayBeSent } from "./admission.js";
import { type BodySource, bytesSource } from "./body-source.js";
import type { OutgoingMessage, WrittenChunk } from "./chunk-writer.js";
import { createMessageId, type Ident } from "./ident.js";
import { OctetRanges } from "./octet-ranges.js";
import { effectOfReport } from "./report-effect.js";
import type { Report } from "./send.js";
import type { SessionConnection } from "./session-link.js";
import type { MessageToSend, SendOutcome, SentMessage } from "./session-messages.js";
import { effectOf, type StatusEffect } from "./status.js";

/** What a message may be, and where it goes. */
export interface SendingTerms {
  readonly uri: string;
  /** Relays of ours first, then the peer's path. @spec rfc4976#5.1 */
  readonly toPath: readonly string[];
  readonly direction: Direction;
  readonly peerAcceptTypes?: readonly string[];
  readonly peerMaxBytes?: number;
}

/** A promise and what settles it, once. */
class Settled {
  readonly promise: Promise<SendOutcome>;
  isSettled = false;
  #resolve: (outcome: SendOutcome) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  settle(outcome: SendOutcome): void {
    this.isSettled = true;
    this.#resolve(outcome);
  }
}

interface Outgoing {
  readonly message: OutgoingMessage;
  readonly source: HeldSource;
  readonly isConfirmedByAnswers: boolean;
  readonly wantsReport: boolean;
  readonly sent: Settled;
  readonly reported: Settled;
  readonly confirmed: OctetRanges;
  readonly received: OctetRanges;
  /** Known when the last chunk was written. */
  size: number | undefined;
  isLastAnswered: boolean;
  hearProgress: (octets: number) => void;
}

/** What becomes of the session by what was said of a message. */
export type SessionEffect = "none" | "481" | "506" | "failure report";

const sessionEffects: Partial<Readonly<Record<StatusEffect, SessionEffect>>> = {
  "end session": "481",
  "leave connection": "506",
};

/**
 * The messages that a session sends: how far each is confirmed, and how it ended.
 *
 * @spec rfc4975#7.1.1
 * @spec rfc4975#7.3.2
 * @spec MS-08
 * @spec MS-10
 */
export class OutgoingMessages {
  readonly #chance: Chance;
  readonly #maxRemembered: number;
  readonly #messages = new Map<string, Outgoing>();
  /** Content types that the peer refused. @spec MS-10 */
  readonly #stopped = new Set<string>();
  #connection: SessionConnection | undefined;
  #waiting: OutgoingMessage[] = [];

  constructor(chance: Chance, maxRemembered: number) {
    this.#chance = chance;
    this.#maxRemembered = maxRemembered;
  }

  send(message: MessageToSend, terms: SendingTerms): SentMessage {
    const messageId = message.messageId ?? createMessageId(this.#chance);
    const refused = this.#refusalOf(message, terms);
    if (refused) return refusedMessage(messageId, refused);
    const outgoing = this.#outgoing(message, messageId, terms);
    this.#remember(messageId, outgoing);
    if (this.#connection) this.#connection.send(outgoing.message);
    else this.#waiting.push(outgoing.message);
    return {
      messageId,
      sent: outgoing.sent.promise,
      reported: outgoing.reported.promise,
      onProgress: (hear) => (outgoing.hearProgress = hear),
      abort: () => this.#lose(outgoing, "aborted"),
    };
  }

  /** Where messages go from now on; those that waited first. */
  attach(connection: SessionConnection): void {
    this.#connection = connection;
    for (const message of this.#waiting.splice(0)) connection.send(message);
  }

  /** Nothing more goes anywhere; what was not confirmed is lost. @spec MS-47 */
  detach(reason: string): void {
    this.#connection = undefined;
    this.#waiting = [];
    for (const outgoing of this.#messages.values()) this.#lose(outgoing, reason);
    this.#messages.clear();
  }

  /** A chunk was handed to the connection. */
  written({ message: { messageId }, range, flag }: WrittenChunk): void {
    const outgoing = this.#messages.get(messageId);
    if (!outgoing || flag !== "$") return;
    outgoing.size = range.end ?? 0;
    outgoing.source.release();
    if (!outgoing.isConfirmedByAnswers) outgoing.sent.settle({ kind: "done" });
    this.#checkReported(outgoing);
  }

  /** A chunk was answered, or by 408 not. @spec MS-09 @spec MS-10 */
  answered(chunk: WrittenChunk, status: number, comment: string | undefined): SessionEffect {
    const outgoing = this.#messages.get(chunk.message.messageId);
    const effect = effectOf(status);
    if (effect !== "goes on") return this.#refused(outgoing, effect, { status, comment });
    if (!outgoing) return "none";
    outgoing.confirmed.add(chunk.range);
    if (chunk.flag === "$") outgoing.isLastAnswered = true;
    outgoing.hearProgress(outgoing.confirmed.fromStart);
    if (outgoing.size !== undefined && outgoing.isLastAnswered && outgoing.confirmed.covers(outgoing.size))
      outgoing.sent.settle({ kind: "done" });
    return "none";
  }

  /** @spec rfc4975#7.3.2 @spec MS-08 @spec MS-48 */
  reported(report: Report): SessionEffect {
    const outgoing = this.#messages.get(report.messageId);
    const effect = effectOfReport(report, outgoing !== undefined);
    switch (effect.kind) {
      case "ignored":
        return "none";
      case "received":
        outgoing?.received.add({ start: effect.start, end: effect.end ?? outgoing.size });
        if (outgoing) this.#checkReported(outgoing);
        return "none";
      case "failed":
        return this.#refused(outgoing, effect.effect, report);
      default:
        this.#refused(outgoing, "message fails", report);
        return "failure report";
    }
  }

  #refusalOf(message: MessageToSend, terms: SendingTerms): "direction" | "type" | "size" | undefined {
    const what = message.isNotification ? "IMDN" : "content";
    if (!mayBeSent(terms.direction, what)) return "direction";
    const { peerAcceptTypes, peerMaxBytes = Infinity } = terms;
    const type = message.contentType;
    if (this.#stopped.has(bareType(type)) || (peerAcceptTypes && !acceptsType(peerAcceptTypes, type)))
      return "type";
    const size = message.body instanceof Uint8Array ? message.body.length : message.body.size;
    return (size ?? 0) > peerMaxBytes ? "size" : undefined;
  }

  #outgoing(message: MessageToSend, messageId: Ident, terms: SendingTerms): Outgoing {
    const { contentType: type, mimeFields, fromOctet = 1, wantsSuccessReport = false } = message;
    const failureReport = message.failureReport ?? "yes";
    const source = message.body instanceof Uint8Array ? bytesSource(message.body) : message.body;
    const held = new HeldSource(source, (cause) => this.#lose(outgoing, String(cause)));
    const outgoing: Outgoing = {
      source: held,
      message: {
        session: terms.uri,
        messageId,
        toPath: terms.toPath,
        from: terms.uri,
        content: { type, ...(mimeFields ? { mimeFields } : {}) },
        body: held,
        fromOctet,
        failureReport,
        wantsSuccessReport,
      },
      isConfirmedByAnswers: failureReport === "yes",
      wantsReport: wantsSuccessReport,
      sent: new Settled(),
      reported: new Settled(),
      confirmed: new OctetRanges(),
      received: new OctetRanges(),
      size: undefined,
      isLastAnswered: false,
      hearProgress: () => undefined,
    };
    const confirmed = { start: 1, end: fromOctet - 1 };
    outgoing.confirmed.add(confirmed);
    outgoing.received.add(confirmed);
    source.onReadable?.(() => this.#connection?.wake());
    return outgoing;
  }

  #checkReported({ wantsReport, size, received, reported }: Outgoing): void {
    if (wantsReport && size !== undefined && received.covers(size)) reported.settle({ kind: "done" });
  }

  #refused(
    outgoing: Outgoing | undefined,
    effect: StatusEffect,
    { status, comment }: { readonly status: number; readonly comment: string | undefined },
  ): SessionEffect {
    if (outgoing) {
      if (effect === "stop type") this.#stopped.add(bareType(outgoing.message.content.type));
      this.#end(outgoing, { kind: "refused", status, comment });
    }
    return sessionEffects[effect] ?? "none";
  }

  #lose(outgoing: Outgoing, reason: string): void {
    this.#end(outgoing, { kind: "lost", reason, confirmedOctets: outgoing.confirmed.fromStart });
  }

  /** What has not gone out yet does not, and the chunk in hand ends with `#`. @spec MS-10 @spec MS-11 */
  #end(outgoing: Outgoing, outcome: SendOutcome): void {
    const { message, sent, reported } = outgoing;
    const isOut = sent.isSettled || outgoing.size !== undefined;
    sent.settle(outcome);
    reported.settle(outcome);
    this.#messages.delete(message.messageId);
    outgoing.source.release();
    if (isOut) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
    this.#connection?.giveUp(message.session, message.messageId);
  }

  /** Those that are over are remembered for the reports that may still come. @spec MS-08 */
  #remember(messageId: Ident, outgoing: Outgoing): void {
    this.#messages.set(messageId, outgoing);
    if (this.#messages.size <= this.#maxRemembered) return;
    for (const [oldest, { sent }] of this.#messages) {
      if (!sent.isSettled) continue;
      this.#messages.delete(oldest);
      return;
    }
  }
}

/** The source of a message while it is needed. One that fails gives its message up, and nothing else. */
class HeldSource implements BodySource {
  #source: BodySource | undefined;
  #size: number | undefined;
  readonly #failed: (cause: unknown) => void;

  constructor(source: BodySource, failed: (cause: unknown) => void) {
    this.#source = source;
    this.#failed = failed;
  }

  get size(): number | undefined {
    if (this.#source) this.#size = this.#source.size;
    return this.#size;
  }

  read(from: number, most: number): Uint8Array | "later" {
    try {
      return this.#source?.read(from, most) ?? "later";
    } catch (cause) {
      queueMicrotask(() => this.#failed(cause));
      return "later";
    }
  }

  /** What is remembered of a message are not its octets. */
  release(): void {
    this.#size = this.size;
    this.#source = undefined;
  }
}

function refusedMessage(messageId: Ident, why: "direction" | "type" | "size"): SentMessage {
  const outcome = Promise.resolve<SendOutcome>({ kind: "not-allowed", why });
  return { messageId, sent: outcome, reported: outcome, onProgress: () => undefined, abort: () => undefined };
}
