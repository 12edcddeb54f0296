import type { Side } from "@heliograph/contracts";
import { type Chance, type Clock, step, type Timer } from "@heliograph/kernel";
import {
  createBodilessSend,
  createMessageId,
  createTid,
  formatRequest,
  parseMsrpUri,
  type RequestHead,
} from "@heliograph/msrp";
import { matchesFingerprint } from "@heliograph/msrp-stack";
import type { PathUri } from "@heliograph/sdp";
import type { ContentPolicy } from "../domain/content-policy.js";
import { type EndAction, type EndEvent, endMachine, type EndState } from "../domain/end.machine.js";
import type { Agreement } from "../domain/plan-media.js";
import { isWebSocket, type RelayPoint, uriAt } from "../domain/relay-points.js";
import { HeldRequests } from "./held-requests.js";
import type { Line, Tenant } from "./line.js";
import { nobody, type RequestTaker } from "./request-taker.js";

/** Why an end is lost. */
export type LossReason = "connection-lost" | "not-bound";

/** What ends need of the world. */
export interface EndDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  /** How long an end may take to bind a connection. */
  readonly bindMs: number;
  /** How long an end whose connection closed may take to come back. */
  readonly graceMs: number;
  /** Opens a connection for an end, or finds one. Undefined: there is none to be had. */
  dial(agreement: Agreement): Promise<Line | undefined>;
  /** An end is bound to a line. */
  bound(line: Line, path: readonly string[]): void;
  lost(end: End, why: LossReason): void;
}

/** What an end knows of the session that it belongs to. */
export interface AnchoredSession {
  readonly policy: ContentPolicy;
  /** When something of it was last carried. */
  lastActiveMs: number;
}

/** The two ends of one stream, and what they belong to. */
export interface EndParts {
  readonly side: Side;
  readonly session: AnchoredSession;
  /** The secret that our URI is known by. @spec MS-05 */
  readonly sessionId: string;
}

const mostRemembered = 32;
/** Where the same agreement again changes nothing. */
const settled: ReadonlySet<EndState> = new Set(["awaiting", "connecting", "bound"]);
const noPath: readonly string[] = [];

/**
 * Our end towards one side of an anchored stream: the URI that its peer sends to, and the connection that the peer has
 * proved to be its own.
 *
 * @spec rfc4975#5.4
 * @spec MS-05
 * @spec MS-06
 * @spec MS-13
 * @spec MS-14
 * @spec MS-47
 */
export class End implements Tenant {
  readonly side: Side;
  readonly session: AnchoredSession;
  readonly sessionId: string;
  /** Where the peer comes to, as far as it is known; the URI that it was given. */
  point: RelayPoint;
  uri: PathUri;
  /** To-Path of what goes to the peer. */
  path = noPath;
  line: Line | undefined;
  readonly #deps: EndDeps;
  #other: End | undefined;
  #state: EndState = "offered";
  #agreement: Agreement | undefined;
  /** The session-id of the peer's own URI: what its requests come from. */
  #peerSessionId: string | undefined;
  #timer: Timer | undefined;
  #dials = 0;
  #refused: Map<string, number> | undefined;
  /** Of the peer, before its answer is known. */
  #arrivals: HeldRequests | undefined;
  /** For the peer, before it is bound. */
  #queue: HeldRequests | undefined;

  constructor({ side, session, sessionId }: EndParts, point: RelayPoint, deps: EndDeps) {
    this.side = side;
    this.session = session;
    this.sessionId = sessionId;
    this.point = point;
    this.uri = uriAt(point, sessionId);
    this.#deps = deps;
  }

  get state(): EndState {
    return this.#state;
  }

  /** The end on the other side of the stream. */
  get other(): End {
    if (this.#other === undefined) throw new Error("the end stands alone");
    return this.#other;
  }

  /** Puts two ends back to back. */
  static join(one: End, other: End): void {
    one.#other = other;
    other.#other = one;
  }

  /** What was agreed with the peer. A connection that it has stays when neither path nor listener changed. @spec MS-51 */
  agree(agreement: Agreement, point: RelayPoint): void {
    const isSame = point === this.point && agreement.path.join(" ") === this.path.join(" ");
    this.#agreement = agreement;
    this.path = agreement.path;
    this.#peerSessionId = sessionIdOf(agreement.path.at(-1));
    if (point !== this.point) {
      this.point = point;
      this.uri = uriAt(point, this.sessionId);
    }
    if (isSame && settled.has(this.#state)) return;
    this.#fire(agreement.connectTo === undefined ? "agreed to wait" : "agreed to connect");
  }

  /** A request to this end. Undefined: it is bound to the line, and goes on. */
  receive(line: Line, head: RequestHead): RequestTaker | undefined {
    if (this.line === line) return undefined;
    const event = this.line === undefined ? "request" : "request elsewhere";
    if (event === "request" && !this.#mayBind(line, head)) return refused(line, head, 481);
    const actions = this.#fire(event, line);
    if (actions.includes("answer 506")) return refused(line, head, 506);
    if (actions.includes("answer 481")) return refused(line, head, 481);
    if (!actions.includes("hold request")) return undefined;
    this.#arrivals ??= new HeldRequests();
    return this.#arrivals.add(line, head);
  }

  /** Holds a request for the peer, which is not bound, until it is. */
  hold(line: Line, head: RequestHead): RequestTaker {
    if (this.#state === "failed" || this.#state === "ended") return refused(line, head, 481);
    this.#queue ??= new HeldRequests();
    return this.#queue.add(line, head);
  }

  /** A message of the peer was refused for what its first octets say; so will the rest of it be. */
  remember(messageId: string, status: number): void {
    this.#refused ??= new Map();
    this.#refused.set(messageId, status);
    if (this.#refused.size <= mostRemembered) return;
    for (const oldest of this.#refused.keys()) {
      this.#refused.delete(oldest);
      return;
    }
  }

  /** How a message of the peer was refused before. */
  refusalOf(messageId: string): number | undefined {
    return this.#refused?.get(messageId);
  }

  /** The connection that it was bound to is gone. @spec MS-47 */
  onLineClosed(line: Line): void {
    if (this.line !== line) return;
    this.line = undefined;
    this.#fire("connection lost");
  }

  /** Answers what waits for the peer, or for its answer. */
  refuseWaiting(): void {
    this.#arrivals?.refuse(481);
    this.#queue?.refuse(408);
  }

  /** The stream is over. What waits is answered on the connection of the other end, which has to be there still. */
  close(): void {
    this.#dials += 1;
    this.#fire("close");
  }

  /** Before there is an answer anybody may be the peer; then only who sends from the URI that it gave. @spec R-msrp-relay-1 */
  #mayBind(line: Line, { fromPath }: RequestHead): boolean {
    const { transport } = line.connection;
    const { transport: own } = this.point;
    if (own === "tls" && transport !== "tls") return false;
    if (own === "wss" && !isWebSocket(transport)) return false;
    if (this.#state === "offered") return true;
    return sessionIdOf(fromPath.at(-1)) === this.#peerSessionId && this.#isWhoItSays(line);
  }

  /** A certificate that a client shows must be that of its description; it need not show one. @spec MS-12 */
  #isWhoItSays({ connection }: Line): boolean {
    const fingerprints = this.#agreement?.fingerprints ?? [];
    if (fingerprints.length === 0 || connection.transport !== "tls") return true;
    const { peerCertificate } = connection;
    return peerCertificate === undefined || matchesFingerprint(peerCertificate, fingerprints);
  }

  #fire(event: EndEvent, line?: Line): readonly EndAction[] {
    const { next, actions } = step(endMachine, this.#state, event);
    this.#state = next;
    for (const action of actions) End.#performs[action](this, line);
    return actions;
  }

  /** What each action does; answers and holding are for who brought the request. */
  static readonly #performs: { readonly [action in EndAction]: (end: End, line?: Line) => void } = {
    "await request": (end) => end.#arm(end.#deps.bindMs),
    "start grace": (end) => end.#arm(end.#deps.graceMs),
    "stop timer": (end) => end.#timer?.cancel(),
    connect: (end) => end.#dial(),
    bind: (end, line) => end.#bind(line),
    "send bodiless SEND": (end) => end.#sayHello(),
    "release connection": (end) => end.#release(),
    "let arrivals in": (end) => end.#letIn(),
    "tell not bound": (end) => end.#deps.lost(end, "not-bound"),
    "tell connection lost": (end) => end.#deps.lost(end, "connection-lost"),
    "refuse what waits": (end) => end.refuseWaiting(),
    "hold request": () => undefined,
    "answer 481": () => undefined,
    "answer 506": () => undefined,
  };

  #arm(ms: number): void {
    this.#timer = this.#deps.clock.after(ms, () => this.#fire("too late"));
  }

  #bind(line: Line | undefined): void {
    if (line === undefined) throw new Error("bound to nothing");
    this.line = line;
    line.bind(this.uri.text, this);
    this.#deps.bound(line, this.path);
    this.#queue?.release();
  }

  #release(): void {
    const { line } = this;
    this.line = undefined;
    if (this.#state === "ended") line?.dismiss(this);
    else line?.release(this);
  }

  #letIn(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = undefined;
    arrivals?.release();
  }

  #dial(): void {
    const agreement = this.#agreement;
    if (agreement === undefined) throw new Error("nothing is agreed");
    this.#dials += 1;
    const attempt = this.#dials;
    void this.#deps.dial(agreement).then((line) => {
      if (attempt !== this.#dials || this.#state !== "connecting") return;
      if (line === undefined || line.isClosed) this.#fire("not connected");
      else this.#fire("connected", line);
    });
  }

  /** The first SEND of who connects; without it the peer does not know whose connection it is. @spec rfc4975#5.4 @spec MS-14 */
  #sayHello(): void {
    const { line, path } = this;
    if (line === undefined) return;
    const { chance } = this.#deps;
    const tid = createTid(chance);
    const request = { tid, messageId: createMessageId(chance), toPath: path, from: this.uri.text };
    const dueMs = this.#deps.clock.monotonicMs() + this.#deps.bindMs;
    line.ask(tid, { dueMs, isLenient: false, onAnswer: (status) => this.#onHelloAnswered(line, status) });
    line.outlet.writeWhole(formatRequest(createBodilessSend(request)));
  }

  #onHelloAnswered(line: Line, status: number): void {
    if (this.line !== line || (status !== 481 && status !== 506)) return;
    this.#release();
    this.#fire("connection lost");
  }
}

function refused(line: Line, head: RequestHead, status: number): RequestTaker {
  line.refuse(head, status, head.toPath[0] ?? "");
  return nobody;
}

function sessionIdOf(uriText = ""): string | undefined {
  const uri = parseMsrpUri(uriText);
  return uri.ok ? uri.value.sessionId : undefined;
}
