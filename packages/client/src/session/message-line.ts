import type {
  IncomingHead,
  MessageToSend,
  MsrpEndpoints,
  MsrpSession,
  SendOutcome,
  SentMessage,
} from "@heliograph/msrp-stack";
import type { Clock } from "@heliograph/kernel";
import { Later } from "./later.js";
import type { LineUser, OpenedLine } from "./line.js";
import { msrpSessionParts } from "./msrp-session-parts.js";

/** A whole message that came. */
export type IncomingWhole = IncomingHead & { readonly content: Uint8Array };

interface Deps {
  readonly endpoints: MsrpEndpoints;
  readonly clock: Clock;
  /** The 200 goes out when this has settled. */
  readonly take: (message: IncomingWhole) => Promise<void>;
  /** The connection is lost: only a new offer can help. @spec MS-47 */
  readonly failed: (reason: string) => void;
  /** Offer and answer have met, for the first time or again. */
  readonly changed?: (line: OpenedLine) => void;
}

/** How often one message is tried over, on one MSRP session after the other. */
const mostAttempts = 3;
/** No session there, one on another connection, nobody who answers. @spec CL-34 */
const goneStatuses: ReadonlySet<number> = new Set([408, 481, 506]);
/** How long what is under way on a session that has been replaced may take. */
const graceMs = 5_000;

/**
 * The section for messages. What is sent outlives the connection: after a loss it is sent again, with the same
 * Message-ID, on the MSRP session that a new offer brings.
 *
 * @spec MS-47
 */
export class MessageLine implements LineUser {
  readonly #deps: Deps;
  readonly #retired = new Set<MsrpSession>();
  #msrp: MsrpSession | undefined;
  #opened: OpenedLine | undefined;
  #isOver = false;
  #next = new Later<void>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What was agreed last. */
  get opened(): OpenedLine | undefined {
    return this.#opened;
  }

  /** Whether it waits for an offer that makes a loss good. */
  get isBroken(): boolean {
    return this.#opened !== undefined && this.#msrp === undefined && !this.#isOver;
  }

  open(line: OpenedLine): void {
    if (this.#isOver) return;
    const parts = msrpSessionParts(line);
    this.#opened = line;
    if (this.#msrp?.uri === parts.uri) this.#msrp.renegotiate(parts);
    else this.#begin(parts);
    this.#deps.changed?.(line);
  }

  close(): void {
    this.#isOver = true;
    for (const msrp of this.#retired) msrp.close();
    this.#retired.clear();
    this.#msrp?.close();
    this.#msrp = undefined;
    this.#next.settle();
  }

  /** Settles when the far end has the message, or it is known that it has not. */
  async send(message: MessageToSend, onSent?: (sent: SentMessage) => void): Promise<SendOutcome> {
    for (let attempt = 1; ; attempt += 1) {
      const msrp = await this.#usable();
      if (!msrp) return { kind: "lost", reason: "the session is over", confirmedOctets: 0 };
      const sent = msrp.send(message);
      onSent?.(sent);
      const answered = await sent.sent;
      const outcome = answered.kind === "done" && message.wantsSuccessReport ? await sent.reported : answered;
      if (attempt === mostAttempts || !this.#isLost(outcome, msrp)) return outcome;
      this.#drop(msrp);
    }
  }

  #begin(parts: ReturnType<typeof msrpSessionParts>): void {
    const { endpoints, take, failed } = this.#deps;
    if (this.#msrp) this.#retire(this.#msrp);
    const msrp = endpoints.open(parts);
    // That it was never bound is heard by `onFailed`.
    msrp.bound.catch(() => undefined);
    msrp.onMessage(take);
    msrp.onFailed((reason) => {
      if (this.#drop(msrp)) failed(reason);
    });
    this.#msrp = msrp;
    this.#next.settle();
    this.#next = new Later();
  }

  async #usable(): Promise<MsrpSession | undefined> {
    while (!this.#msrp && !this.#isOver) await this.#next.promise;
    return this.#msrp;
  }

  /** Also what a session that another has replaced says of itself. @spec MS-06 */
  #isLost(outcome: SendOutcome, msrp: MsrpSession): boolean {
    if (outcome.kind !== "refused") return outcome.kind === "lost";
    return msrp !== this.#msrp && goneStatuses.has(outcome.status);
  }

  /** Whether it was the one in use. */
  #drop(msrp: MsrpSession): boolean {
    if (this.#msrp !== msrp) return false;
    this.#msrp = undefined;
    return true;
  }

  /** What is under way on one that has been replaced, in either direction, may still arrive there. */
  #retire(msrp: MsrpSession): void {
    this.#retired.add(msrp);
    this.#deps.clock.after(graceMs, () => {
      if (this.#retired.delete(msrp)) msrp.close();
    });
  }
}
