import type { Chance, Clock } from "@heliograph/kernel";
import {
  type ContinuationFlag,
  createReport,
  createTid,
  formatByteRange,
  formatEndLine,
  formatRequest,
  forwardRequest,
  forwardRequestHead,
  type Hop,
  type Ident,
  type RequestHead,
  responseTimeoutMs,
  type Send,
} from "@heliograph/msrp";
import type { Line } from "../bridging/line.js";
import type { RunningChunk } from "../bridging/outlet.js";
import type { AnswerTaker, RequestTaker } from "../bridging/request-taker.js";
import type { Events } from "../events.js";
import type { Grant } from "./grant.js";
import { WholeChunks } from "./whole-chunks.js";

/** What a SEND on its way needs of the world. */
interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "carried" | "refused">;
}

const none = new Uint8Array(0);

/**
 * One SEND on its way through. Octets go on as they come in, in one chunk or in several; the previous hop is answered
 * when it has sent all of them, whatever becomes of them. What the next hop refuses, or leaves without an answer for
 * thirty seconds, is reported to the original sender.
 *
 * @spec rfc4976#6.4.1
 * @spec rfc4976#6.4.3
 * @spec MS-21
 * @spec MS-26
 */
export class ForwardedSend implements RequestTaker, RunningChunk {
  readonly #line: Line;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #send: Send;
  readonly #deps: Deps;
  readonly #toPath: readonly string[];
  readonly #fromPath: readonly string[];
  /** Octets of the message before the next that goes out. */
  #written: number;
  #running: Part | undefined;
  #parts = 0;
  /** What has come in and not gone out. */
  #held: Uint8Array | undefined;
  #gathered: WholeChunks | undefined;
  #isOver = false;
  #isAnswered = false;

  constructor(
    parts: {
      readonly line: Line;
      readonly out: Line;
      readonly head: RequestHead;
      readonly grant: Grant;
      readonly send: Send;
    },
    deps: Deps,
  ) {
    const { head, send } = parts;
    this.#line = parts.line;
    this.#out = parts.out;
    this.#head = head;
    this.#send = send;
    this.#deps = deps;
    this.#toPath = head.toPath.slice(1);
    this.#fromPath = [this.#own, ...head.fromPath];
    this.#written = (send.byteRange?.start ?? 1) - 1;
  }

  onBody(octets: Uint8Array): void {
    if (this.#isLost()) return;
    const { outlet } = this.#out;
    if (outlet.needsWholeChunks) return this.#gather(octets);
    if (this.#held !== undefined) this.flush();
    if (outlet.runs(this)) return this.#goOn(octets);
    this.#held = octets;
    this.#line.flushLater(this);
  }

  onEnd(flag: ContinuationFlag): void {
    if (this.#isLost()) return this.#answer(200);
    this.#isOver = true;
    if (this.#running !== undefined) this.#finish(flag);
    else this.#writeRest(flag);
    this.#answer(200);
  }

  /** The sender is gone in the middle of it. @spec MS-11 */
  onBroken(): void {
    this.#isAnswered = true;
    this.#stop();
  }

  /** What is held leaves: the input at hand is used up, and more may be long in coming. */
  flush(): void {
    const held = this.#held;
    if (held === undefined || this.#isLost()) return;
    this.#held = undefined;
    if (!this.#out.outlet.isFree) return this.#writePart(held, "+");
    this.#begin();
    this.#goOn(held);
  }

  interrupt(): Uint8Array {
    return this.#endLine("+");
  }

  /** The next hop has answered a part, or nobody did. @spec rfc4976#6.4.3 @spec MS-26 */
  onPartAnswered(part: Part, status: number, comment: string | undefined): void {
    if (this.#send.failureReport === "yes") this.#line.answered();
    if (status >= 200 && status < 300) return;
    this.#stop();
    this.#report(part, status, comment);
  }

  /** Whether nothing more can go on; said to the previous hop as soon as that is found. */
  #isLost(): boolean {
    if (this.#isOver || !this.#out.isClosed) return this.#isOver;
    this.#isOver = true;
    this.#deps.events.refused(408);
    if (this.#parts === 0) this.#answer(408);
    return true;
  }

  #gather(octets: Uint8Array): void {
    this.#gathered ??= new WholeChunks();
    this.#gathered.add(octets, (chunk) => this.#writePart(chunk, "+"));
  }

  /** A chunk that is written as it comes in: where it ends is not known. @spec MS-07 */
  #begin(): void {
    const isAsItCame = this.#parts === 0 && this.#send.byteRange !== undefined && !this.#send.byteRange.end;
    const part = this.#openPart();
    this.#running = part;
    const hop = this.#hop(part.tid, isAsItCame ? undefined : this.#rangeTo(undefined));
    this.#out.outlet.begin(this, Buffer.from(forwardRequestHead(this.#head, hop)));
  }

  #goOn(octets: Uint8Array): void {
    this.#written += octets.length;
    this.#deps.events.carried(octets.length);
    this.#out.outlet.goOn(octets);
    this.#out.outlet.holdBack(this.#line);
  }

  #finish(flag: ContinuationFlag): void {
    this.#out.outlet.finish(this.#endLine(flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #endLine(flag: ContinuationFlag): Uint8Array {
    const part = this.#running;
    if (part === undefined) throw new Error("no chunk is running");
    this.#running = undefined;
    this.#close(part);
    return Buffer.from(formatEndLine(part.tid, flag, this.#head.hasBody), "latin1");
  }

  #writeRest(flag: ContinuationFlag): void {
    const rest = this.#held ?? this.#gathered?.rest() ?? none;
    this.#held = undefined;
    if (rest.length > 0 || this.#parts === 0 || flag !== "+") this.#writePart(rest, flag);
  }

  /** A whole chunk. One that is all of what came in goes on as it was. */
  #writePart(octets: Uint8Array, flag: ContinuationFlag): void {
    const isAll = this.#parts === 0 && this.#isOver;
    const part = this.#openPart();
    const range = isAll ? undefined : this.#rangeTo(this.#written + octets.length);
    const hop = this.#hop(part.tid, range);
    this.#written += octets.length;
    this.#close(part);
    this.#deps.events.carried(octets.length);
    this.#out.outlet.writeWhole(forwardRequest(this.#head, hop, octets, flag));
    this.#out.outlet.holdBack(this.#line);
  }

  #rangeTo(end: number | undefined): string {
    return formatByteRange({ start: this.#written + 1, end, total: this.#send.byteRange?.total });
  }

  #hop(tid: Ident, byteRange: string | undefined): Hop {
    const hop = { tid, toPath: this.#toPath, fromPath: this.#fromPath };
    return byteRange === undefined ? hop : { ...hop, byteRange };
  }

  #openPart(): Part {
    const part = new Part(createTid(this.#deps.chance), this, {
      start: this.#written + 1,
      isLenient: this.#send.failureReport === "partial",
    });
    this.#parts += 1;
    const { failureReport } = this.#send;
    if (failureReport === "yes") this.#line.expectAnswer();
    if (failureReport !== "no") this.#out.ask(part.tid, part);
    return part;
  }

  /** Its last octet is on its way. @spec rfc4976#6.4.1 */
  #close(part: Part): void {
    part.end = this.#written;
    part.dueMs = this.#deps.clock.monotonicMs() + responseTimeoutMs;
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = undefined;
    if (this.#out.isClosed) return;
    if (this.#running !== undefined) this.#finish("#");
    else if (this.#parts > 0) this.#writePart(none, "#");
  }

  /** @spec rfc4975#7.1.4 @spec rfc4976#6.4.1 @spec MS-26 */
  #report(part: Part, status: number, comment: string | undefined): void {
    this.#deps.events.refused(status);
    const byteRange = {
      start: part.start,
      end: part.end ?? this.#written,
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

  onAnswer(status: number, comment: string | undefined): void {
    this.#of.onPartAnswered(this, status, comment);
  }
}
