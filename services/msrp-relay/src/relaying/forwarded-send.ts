import type { Chance, Clock } from "@heliograph/kernel";
import {
  type ContinuationFlag,
  createReport,
  createTid,
  formatRequest,
  type Hop,
  type Ident,
  type RequestHead,
  responseTimeoutMs,
  type Send,
} from "@heliograph/msrp";
import type { Line } from "../bridging/line.js";
import { type Forwarder, Onward } from "../bridging/onward.js";
import type { AnswerTaker, RequestTaker } from "../bridging/request-taker.js";
import type { Events } from "../events.js";

/** What a SEND on its way needs of the world. */
interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "carried" | "refused">;
}

/**
 * One SEND on its way through. The previous hop is answered when it has sent all of it, whatever becomes of that. What
 * the next hop refuses, or leaves without an answer for thirty seconds, is reported to the original sender.
 *
 * @spec rfc4976#6.4.1
 * @spec rfc4976#6.4.3
 * @spec MS-21
 * @spec MS-26
 */
export class ForwardedSend implements RequestTaker, Forwarder {
  readonly paths: Pick<Hop, "toPath" | "fromPath">;
  readonly #line: Line;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #send: Send;
  readonly #deps: Deps;
  readonly #onward: Onward;
  #newest: Part | undefined;
  #isOver = false;
  #isAnswered = false;

  constructor(
    parts: { readonly line: Line; readonly out: Line; readonly head: RequestHead; readonly send: Send },
    deps: Deps,
  ) {
    const { line, out, head, send } = parts;
    this.#line = line;
    this.#out = out;
    this.#head = head;
    this.#send = send;
    this.#deps = deps;
    this.paths = { toPath: head.toPath.slice(1), fromPath: [this.#own, ...head.fromPath] };
    this.#onward = new Onward({ line, out, head, byteRange: send.byteRange }, this);
  }

  onBody(octets: Uint8Array): void {
    if (this.mayGoOn()) this.#onward.take(octets);
  }

  onEnd(flag: ContinuationFlag): void {
    if (this.mayGoOn()) {
      this.#isOver = true;
      this.#onward.end(flag);
    }
    this.#answer(200);
  }

  /** The sender is gone in the middle of it. @spec MS-11 */
  onBroken(): void {
    this.#isAnswered = true;
    this.#stop();
  }

  /** The next hop has answered a part, or nobody did. @spec rfc4976#6.4.3 @spec MS-26 */
  onPartAnswered(part: Part, status: number, comment: string | undefined): void {
    if (this.#send.failureReport === "yes") this.#line.answered();
    if (status >= 200 && status < 300) return;
    this.#stop();
    this.#report(part, status, comment);
  }

  /** That nothing more can go on is said to the previous hop as soon as it is found. */
  mayGoOn(): boolean {
    if (this.#isOver || !this.#out.isClosed) return !this.#isOver;
    this.#isOver = true;
    this.#deps.events.refused(408);
    if (this.#newest === undefined) this.#answer(408);
    return false;
  }

  openPart(start: number): Ident {
    const { failureReport } = this.#send;
    const isLenient = failureReport === "partial";
    const part = new Part(createTid(this.#deps.chance), this, { start, isLenient });
    this.#newest = part;
    if (failureReport === "yes") this.#line.expectAnswer();
    if (failureReport !== "no") this.#out.ask(part.tid, part);
    return part.tid;
  }

  carried(octets: number): void {
    this.#deps.events.carried(octets);
  }

  /** @spec rfc4976#6.4.1 */
  closePart(end: number): void {
    this.#newest?.close(end, this.#deps.clock.monotonicMs() + responseTimeoutMs);
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#out.isClosed) this.#onward.callOff();
  }

  /** @spec rfc4975#7.1.4 @spec rfc4976#6.4.1 @spec MS-26 */
  #report(part: Part, status: number, comment: string | undefined): void {
    this.#deps.events.refused(status);
    const byteRange = {
      start: part.start,
      end: part.end ?? this.#onward.written,
      total: this.#send.byteRange?.total,
    };
    const tid = createTid(this.#deps.chance);
    const said = comment === undefined ? {} : { comment };
    const parts = { tid, from: this.#own, status, byteRange, ...said };
    const report = createReport(this.#head, this.#send, parts);
    if (report === undefined || this.#line.isClosed) return;
    this.#line.outlet.writeWhole(formatRequest(report));
    this.#line.outlet.holdBack(this.#line);
  }

  #answer(status: number): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#line.respond(this.#head, status, this.#own);
  }

  get #own(): string {
    return this.#head.toPath[0] ?? "";
  }
}

/** What went to the next hop as one request. */
class Part implements AnswerTaker {
  dueMs = Number.POSITIVE_INFINITY;
  /** The number of its last octet, once that is on its way. */
  end: number | undefined;
  readonly start: number;
  readonly isLenient: boolean;
  readonly #of: ForwardedSend;

  constructor(
    readonly tid: Ident,
    of: ForwardedSend,
    { start, isLenient }: { readonly start: number; readonly isLenient: boolean },
  ) {
    this.#of = of;
    this.start = start;
    this.isLenient = isLenient;
  }

  /** Its last octet is on its way: from now on an answer is due. */
  close(end: number, dueMs: number): void {
    this.end = end;
    this.dueMs = dueMs;
  }

  onAnswer(status: number, comment: string | undefined): void {
    this.#of.onPartAnswered(this, status, comment);
  }
}
