import type { Chance, Clock } from "@heliograph/kernel";
import {
  createTid,
  type ContinuationFlag,
  type Hop,
  type Ident,
  type RequestHead,
  responseTimeoutMs,
  type Send,
} from "@heliograph/msrp";
import type { Events } from "../events.js";
import type { End } from "./end.js";
import type { Line } from "./line.js";
import { type Forwarder, Onward } from "./onward.js";
import type { AnswerTaker, RequestTaker } from "./request-taker.js";

/** What a passage needs of the world. */
export interface PassageDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "carried" | "refused">;
}

/** Where a passage leads from and to. */
export interface PassageParts {
  readonly line: Line;
  readonly from: End;
  readonly out: Line;
  readonly head: RequestHead;
  /** Undefined: a REPORT, which nobody answers. */
  readonly send: Send | undefined;
}

/**
 * One SEND or REPORT on its way through. The response comes when the far end has answered all that it went on in, and is
 * the worst of its answers.
 *
 * @spec rfc4975#7.2
 * @spec MS-08
 * @spec MS-21
 * @spec R-msrp-relay-2
 */
export class Passage implements RequestTaker, AnswerTaker, Forwarder {
  dueMs = Number.POSITIVE_INFINITY;
  readonly isLenient: boolean;
  readonly #line: Line;
  readonly #from: End;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #send: Send | undefined;
  readonly #deps: PassageDeps;
  readonly #onward: Onward;
  /** Octets of the message before the next that comes in. */
  #received: number;
  #openParts = 0;
  #isUnseen: boolean;
  /** Nothing more is carried. */
  #isOver = false;
  #hasEnded = false;
  #isAnswered: boolean;

  constructor({ line, from, out, head, send }: PassageParts, deps: PassageDeps) {
    this.#line = line;
    this.#from = from;
    this.#out = out;
    this.#head = head;
    this.#send = send;
    this.#deps = deps;
    this.#onward = new Onward({ line, out, head, byteRange: send?.byteRange }, this);
    this.isLenient = send?.failureReport === "partial";
    this.#received = (send?.byteRange?.start ?? 1) - 1;
    this.#isUnseen = this.#received === 0 && from.session.policy.looksInside(send?.contentType);
    this.#isAnswered = send === undefined || send.failureReport === "no";
    if (send?.failureReport === "yes") line.expectAnswer();
  }

  onBody(octets: Uint8Array): void {
    if (!this.mayGoOn()) return;
    this.#received += octets.length;
    if (this.#received > this.#from.session.policy.maxMessageBytes) return this.#refuse(413);
    if (this.#isUnseen && !this.#looksGood(octets)) return;
    this.#onward.take(octets);
  }

  onEnd(flag: ContinuationFlag): void {
    this.#hasEnded = true;
    if (!this.mayGoOn()) return;
    this.#isOver = true;
    this.#onward.end(flag);
    this.#settle();
  }

  /** The sender is gone in the middle of it. @spec MS-11 */
  onBroken(): void {
    this.#isAnswered = true;
    this.#stop();
  }

  onAnswer(status: number, comment: string | undefined): void {
    this.#openParts -= 1;
    if (this.#isAnswered) return;
    if (status >= 200 && status < 300) return this.#settle();
    this.#isOver = true;
    this.#onward.breakOff();
    this.#answer(status === 506 ? 481 : status, comment);
  }

  get paths(): Pick<Hop, "toPath" | "fromPath"> {
    const { path, uri } = this.#from.other;
    return { toPath: path, fromPath: [uri.text] };
  }

  /** An end that is not what it was any more ends this. */
  mayGoOn(): boolean {
    if (this.#isOver) return false;
    if (this.#from.line !== this.#line) this.#refuse(481);
    else if (this.#from.other.line !== this.#out) this.#refuse(408);
    return !this.#isOver;
  }

  openPart(): Ident {
    const tid = createTid(this.#deps.chance);
    this.dueMs = Number.POSITIVE_INFINITY;
    if (this.#send === undefined || this.#send.failureReport === "no") return tid;
    this.#openParts += 1;
    this.#out.ask(tid, this);
    return tid;
  }

  carried(octets: number): void {
    this.#from.session.lastActiveMs = this.#deps.clock.monotonicMs();
    this.#deps.events.carried(octets);
  }

  closePart(): void {
    this.dueMs = this.#deps.clock.monotonicMs() + responseTimeoutMs;
  }

  #looksGood(octets: Uint8Array): boolean {
    this.#isUnseen = false;
    const refusal = this.#from.session.policy.refusalOfStart(octets);
    if (refusal === undefined || this.#send === undefined) return true;
    this.#from.remember(this.#send.messageId, refusal);
    this.#refuse(refusal);
    return false;
  }

  /** The message does not go on, and what has gone of it is called off. @spec MS-10 @spec MS-11 */
  #refuse(status: number): void {
    this.#stop();
    if (this.#isAnswered) return;
    this.#deps.events.refused(status);
    this.#answer(status, undefined);
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#from.other.line === this.#out) this.#onward.callOff();
  }

  #settle(): void {
    if (this.#hasEnded && this.#openParts === 0 && !this.#isAnswered) this.#answer(200, undefined);
  }

  #answer(status: number, comment: string | undefined): void {
    this.#isAnswered = true;
    if (this.#send?.failureReport === "yes") this.#line.answered();
    this.#line.respond(this.#head, status, this.#from.uri.text, comment);
  }
}
