import {
  type Answerable,
  type ChunkSink,
  type ContinuationFlag,
  createResponse,
  formatResponse,
  type Head,
  type MalformedHead,
  type RequestHead,
} from "@heliograph/msrp";
import type { Clock, Timer } from "@heliograph/kernel";
import type { MsrpConnection } from "@heliograph/msrp-stack";
import type { Events } from "../events.js";
import type { Asker, OpenAnswers } from "./open-answers.js";
import { Outlet, type Reader } from "./outlet.js";
import { type AnswerTaker, nobody, type RequestTaker } from "./request-taker.js";

/** Somebody for whose sake a connection stays open, and who is told when it closes. */
export interface Tenant {
  onLineClosed(line: Line): void;
}

/** Something that keeps octets back in the hope of more. */
export interface Held {
  flush(): void;
}

/** What every line is made with. */
export interface LineDeps {
  readonly clock: Clock;
  /** Who takes a request. */
  readonly open: (line: Line, head: RequestHead) => RequestTaker;
  readonly answers: OpenAnswers;
  /** A URI of ours, for answers to requests that name none. */
  readonly fallbackUri: string;
  /** How long a connection may go without a request that somebody takes. @spec rfc4976#6.1 @spec MS-17 */
  readonly firstRequestMs: number;
  readonly events: Pick<Events, "malformed" | "refused">;
}

/** Requests of a peer that wait for its peer's answer: when it is paused, and when it may go on. */
const mostUnanswered = 4096;
/** How long a connection that we opened may be without the end that it was opened for. */
const vacantMs = 1_000;
/** Refused requests of a connection that nobody took a request of. */
const mostRefused = 16;

/**
 * One connection: hands each request to whom the door names, and each response to whom it answers.
 *
 * @spec rfc4975#5.4
 * @spec MS-03
 * @spec MS-13
 */
export class Line implements ChunkSink, Reader, Asker {
  readonly connection: MsrpConnection;
  readonly outlet: Outlet;
  lastAsked: Asker["lastAsked"];
  isClosed = false;
  readonly #deps: LineDeps;
  readonly #tenants = new Set<Tenant>();
  readonly #byUri = new Map<string, Tenant>();
  #taker: RequestTaker = nobody;
  #held: Held | undefined;
  #unanswered = 0;
  #refused = 0;
  #pauses = 0;
  #vacancy: Timer | undefined;

  constructor(connection: MsrpConnection, deps: LineDeps) {
    this.connection = connection;
    this.#deps = deps;
    this.outlet = new Outlet(connection, deps.clock);
    this.#awaitTenant(connection.openedBy === "peer" ? deps.firstRequestMs : vacantMs);
    connection.onClosed(() => this.#onClosed());
  }

  /** Requests to this URI are the tenant's from now on. */
  bind(uri: string, tenant: Tenant): void {
    this.#byUri.set(uri, tenant);
    this.#tenants.add(tenant);
    this.#vacancy?.cancel();
    this.#vacancy = undefined;
  }

  /** Whose requests to this URI are on this line. */
  tenantAt(uri: string): Tenant | undefined {
    return this.#byUri.get(uri);
  }

  /** The tenant leaves, and may be back under another URI: a connection without tenants is kept for a while. @spec MS-13 */
  release(tenant: Tenant): void {
    for (const [uri, bound] of this.#byUri) if (bound === tenant) this.#byUri.delete(uri);
    if (this.#tenants.delete(tenant) && this.#isVacant) this.#awaitTenant(this.#deps.firstRequestMs);
  }

  /** The tenant is gone for good: a connection without tenants is closed when what is queued has left. @spec MS-13 */
  dismiss(tenant: Tenant): void {
    this.release(tenant);
    this.closeIfVacant();
  }

  /** Closes a connection that nobody uses when what is queued has left. */
  closeIfVacant(): void {
    if (this.#isVacant) this.connection.close();
  }

  get #isVacant(): boolean {
    return this.#tenants.size === 0 && !this.isClosed;
  }

  #awaitTenant(ms: number): void {
    this.#vacancy = this.#deps.clock.after(ms, () => {
      this.connection.destroy("no request that anybody takes came in time");
    });
  }

  /** Who takes a request, as things are now. */
  admit(head: RequestHead): RequestTaker {
    return this.#deps.open(this, head);
  }

  onHead(head: Head): void {
    if (head.kind === "request") this.#taker = this.admit(head);
    else this.#deps.answers.take(this, head.tid)?.onAnswer(head.status, head.comment, head);
  }

  /** Lets what is held of a chunk leave as soon as the input at hand is used up. */
  flushLater(held: Held): void {
    if (this.#held === undefined) queueMicrotask(this.#flush);
    this.#held = held;
  }

  readonly #flush = (): void => {
    const held = this.#held;
    this.#held = undefined;
    held?.flush();
  };

  onBody(octets: Uint8Array): void {
    this.#taker.onBody(octets);
  }

  onEnd(flag: ContinuationFlag): void {
    const taker = this.#taker;
    this.#taker = nobody;
    taker.onEnd(flag);
  }

  /** What cannot be understood is answered 400, and costs nothing else. @spec rfc4975#7.3.1 @spec MS-03 */
  onMalformed({ answerable, rule }: MalformedHead): void {
    const taker = this.#taker;
    this.#taker = nobody;
    taker.onBroken();
    this.#deps.events.malformed(rule);
    if (answerable !== undefined) this.refuse(answerable, 400, this.#deps.fallbackUri);
  }

  onBroken(rule: string): void {
    this.#deps.events.malformed(rule);
  }

  /** Who takes the rest of the request in hand, when somebody else has taken its beginning. */
  handOver(from: RequestTaker, to: RequestTaker): void {
    if (this.#taker === from) this.#taker = to;
  }

  /** Answers a request with a status, where its sender wants to know it. @spec MS-08 @spec MS-49 */
  respond(request: Answerable, status: number, from: string, comment?: string): void {
    if (this.isClosed) return;
    const parts = comment === undefined ? { status, from } : { status, from, comment };
    const response = createResponse(request, parts);
    if (response === undefined) return;
    this.outlet.writeWhole(formatResponse(response));
    this.outlet.holdBack(this);
  }

  /** Answers a request that nobody takes. Who sends nothing else for long is sent away. @spec rfc4976#6.1 */
  refuse(request: Answerable, status: number, from: string): void {
    this.#deps.events.refused(status);
    this.respond(request, status, from);
    if (this.#tenants.size > 0) return;
    this.#refused += 1;
    if (this.#refused >= mostRefused) this.connection.close();
  }

  /** A request goes out here, whose response is for the taker. */
  ask(tid: string, taker: AnswerTaker): void {
    this.#deps.answers.add(this, tid, taker);
  }

  /** A request is on its way to an answer. So many may be, then nothing more is read. */
  expectAnswer(): void {
    this.#unanswered += 1;
    if (this.#unanswered === mostUnanswered) this.pause();
  }

  /** It has one, or never will. */
  answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered === mostUnanswered - 1) this.resume();
  }

  /** Reads no more until `resume` was called as often. */
  pause(): void {
    this.#pauses += 1;
    if (this.#pauses === 1 && !this.isClosed) this.connection.pause();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0 && !this.isClosed) this.connection.resume();
  }

  #onClosed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#vacancy?.cancel();
    const taker = this.#taker;
    this.#taker = nobody;
    taker.onBroken();
    this.outlet.close();
    for (const waiting of this.#deps.answers.close(this)) waiting.onAnswer(408, undefined);
    for (const tenant of this.#tenants) tenant.onLineClosed(this);
    this.#tenants.clear();
    this.#byUri.clear();
  }
}
