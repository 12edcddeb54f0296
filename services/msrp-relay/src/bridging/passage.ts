import type { Chance, Clock } from "@heliograph/kernel";
import {
  createTid,
  type ContinuationFlag,
  formatByteRange,
  formatEndLine,
  forwardRequest,
  forwardRequestHead,
  type Hop,
  type Ident,
  type RequestHead,
  responseTimeoutMs,
  type Send,
} from "@heliograph/msrp";
import type { Events } from "../events.js";
import type { End } from "./end.js";
import type { Line } from "./line.js";
import type { RunningChunk } from "./outlet.js";
import type { AnswerTaker, RequestTaker } from "./request-taker.js";

/** What a passage needs of the world. */
export interface PassageDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "carried" | "refused">;
}

/** For a connection that needs whole chunks, larger ones are cut to this. @spec rfc7977#5.1 @spec MS-22 */
const cutBytes = 65_536;
const none = new Uint8Array(0);

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
 * One SEND or REPORT on its way through: octets go on as they come in, in one chunk where that is possible, in several
 * where another has to be let past or the far connection needs whole chunks. The response comes when the far end has
 * answered all of them, and is the worst of theirs.
 *
 * @spec rfc4975#7.1.1
 * @spec rfc4975#7.2
 * @spec MS-07
 * @spec MS-08
 * @spec MS-21
 * @spec MS-50
 * @spec R-msrp-relay-2
 */
export class Passage implements RequestTaker, AnswerTaker, RunningChunk {
  dueMs = Number.POSITIVE_INFINITY;
  readonly isLenient: boolean;
  readonly #line: Line;
  readonly #from: End;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #send: Send | undefined;
  readonly #deps: PassageDeps;
  /** Octets of the message before the next that comes in, and before the next that goes out. */
  #received: number;
  #written: number;
  /** Of the running chunk. */
  #tid: Ident | undefined;
  #parts = 0;
  #openParts = 0;
  /** What has come in and not gone out: a view at first, `#store` as soon as that has to grow. */
  #held: Uint8Array | undefined;
  #store: Uint8Array | undefined;
  #stored = 0;
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
    this.isLenient = send?.failureReport === "partial";
    const before = (send?.byteRange?.start ?? 1) - 1;
    this.#received = before;
    this.#written = before;
    this.#isUnseen = before === 0 && from.session.policy.looksInside(send?.contentType);
    this.#isAnswered = send === undefined || send.failureReport === "no";
    if (send?.failureReport === "yes") line.expectAnswer();
  }

  onBody(octets: Uint8Array): void {
    if (this.#isOver || this.#isCut()) return;
    this.#received += octets.length;
    if (this.#received > this.#from.session.policy.maxMessageBytes) return this.#refuse(413);
    if (this.#isUnseen && !this.#looksGood(octets)) return;
    if (this.#out.outlet.needsWholeChunks) return this.#gather(octets);
    if (this.#held !== undefined) this.flush();
    if (this.#out.outlet.runs(this)) return this.#goOn(octets);
    this.#held = octets;
    this.#line.flushLater(this);
  }

  onEnd(flag: ContinuationFlag): void {
    this.#hasEnded = true;
    if (this.#isOver || this.#isCut()) return;
    this.dueMs = this.#deps.clock.monotonicMs() + responseTimeoutMs;
    this.#isOver = true;
    if (this.#tid !== undefined) this.#finish(flag);
    else if (this.#hasRest || this.#parts === 0 || flag !== "+") this.#writePart(this.#rest(), flag);
    this.#settle();
  }

  /** The sender is gone in the middle of it. @spec MS-11 */
  onBroken(): void {
    this.#isAnswered = true;
    this.#stop();
  }

  /** What is held leaves: the input at hand is used up, and more may be long in coming. */
  flush(): void {
    const held = this.#held;
    if (held === undefined || this.#isOver || this.#isCut()) return;
    this.#held = undefined;
    if (!this.#out.outlet.isFree) return this.#writePart(held, "+");
    this.#begin();
    this.#goOn(held);
  }

  interrupt(): Uint8Array {
    return this.#endLine("+");
  }

  onAnswer(status: number, comment: string | undefined): void {
    this.#openParts -= 1;
    if (this.#isAnswered) return;
    if (status >= 200 && status < 300) return this.#settle();
    this.#isOver = true;
    if (this.#tid !== undefined) this.#finish("#");
    this.#answer(status === 506 ? 481 : status, comment);
  }

  /** Whether an end is not what it was any more, which ends this. */
  #isCut(): boolean {
    if (this.#from.line !== this.#line) this.#refuse(481);
    else if (this.#from.other.line !== this.#out) this.#refuse(408);
    return this.#isOver;
  }

  #looksGood(octets: Uint8Array): boolean {
    this.#isUnseen = false;
    const refusal = this.#from.session.policy.refusalOfStart(octets);
    if (refusal === undefined || this.#send === undefined) return true;
    this.#from.remember(this.#send.messageId, refusal);
    this.#refuse(refusal);
    return false;
  }

  /** A chunk that is written as it comes in: where it ends is not known. @spec MS-07 */
  #begin(): void {
    const isAsItCame = this.#parts === 0 && this.#send?.byteRange?.end === undefined && this.#send?.byteRange;
    const tid = this.#openPart();
    const byteRange = isAsItCame ? undefined : this.#rangeTo(undefined);
    this.#tid = tid;
    this.dueMs = Number.POSITIVE_INFINITY;
    this.#out.outlet.begin(this, Buffer.from(forwardRequestHead(this.#head, this.#hop(tid, byteRange))));
  }

  #goOn(octets: Uint8Array): void {
    this.#written += octets.length;
    this.#from.session.lastActiveMs = this.#deps.clock.monotonicMs();
    this.#deps.events.carried(octets.length);
    this.#out.outlet.goOn(octets);
    this.#out.outlet.holdBack(this.#line);
  }

  #finish(flag: ContinuationFlag): void {
    this.#out.outlet.finish(this.#endLine(flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #endLine(flag: ContinuationFlag): Uint8Array {
    const tid = this.#tid;
    if (tid === undefined) throw new Error("no chunk is running");
    this.#tid = undefined;
    this.dueMs = this.#deps.clock.monotonicMs() + responseTimeoutMs;
    return Buffer.from(formatEndLine(tid, flag, this.#head.hasBody), "latin1");
  }

  /** Keeps octets until there are enough for a chunk, or all of them. */
  #gather(octets: Uint8Array): void {
    if (!this.#hasRest && octets.length <= cutBytes) {
      this.#held = octets;
      return;
    }
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#keep(held);
    this.#keep(octets);
  }

  #keep(octets: Uint8Array): void {
    let left = octets;
    while (this.#stored + left.length > cutBytes) {
      if (this.#stored === 0) {
        this.#writePart(left.subarray(0, cutBytes), "+");
        left = left.subarray(cutBytes);
      } else {
        const room = cutBytes - this.#stored;
        this.#store?.set(left.subarray(0, room), this.#stored);
        this.#stored = 0;
        if (this.#store !== undefined) this.#writePart(this.#store, "+");
        left = left.subarray(room);
      }
    }
    this.#store ??= new Uint8Array(cutBytes);
    this.#store.set(left, this.#stored);
    this.#stored += left.length;
  }

  get #hasRest(): boolean {
    return this.#held !== undefined || this.#stored > 0;
  }

  #rest(): Uint8Array {
    return this.#held ?? this.#store?.subarray(0, this.#stored) ?? none;
  }

  /** A whole chunk. One that is all of what came in goes on as it was. */
  #writePart(octets: Uint8Array, flag: ContinuationFlag): void {
    const isAll = this.#parts === 0 && this.#hasEnded;
    const tid = this.#openPart();
    const byteRange = isAll ? undefined : this.#rangeTo(this.#written + octets.length);
    const hop = this.#hop(tid, byteRange);
    this.#written += octets.length;
    if (!this.#hasEnded) {
      const nowMs = this.#deps.clock.monotonicMs();
      this.dueMs = nowMs + responseTimeoutMs;
      this.#from.session.lastActiveMs = nowMs;
    }
    this.#deps.events.carried(octets.length);
    this.#out.outlet.writeWhole(forwardRequest(this.#head, hop, octets, flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #rangeTo(end: number | undefined): string {
    return formatByteRange({ start: this.#written + 1, end, total: this.#send?.byteRange?.total });
  }

  #hop(tid: Ident, byteRange: string | undefined): Hop {
    const { path, uri } = this.#from.other;
    const hop = { tid, toPath: path, fromPath: [uri.text] };
    return byteRange === undefined ? hop : { ...hop, byteRange };
  }

  #openPart(): Ident {
    const tid = createTid(this.#deps.chance);
    this.#parts += 1;
    if (this.#send === undefined || this.#send.failureReport === "no") return tid;
    this.#openParts += 1;
    this.#out.ask(tid, this);
    return tid;
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
    this.#held = undefined;
    if (this.#from.other.line !== this.#out) return;
    if (this.#tid !== undefined) this.#finish("#");
    else if (this.#parts > 0) this.#writePart(none, "#");
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
