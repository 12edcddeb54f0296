import { type Chance, type Clock, type Timer, unreachable } from "@heliograph/kernel";
import { admit } from "./admission.js";
import { type AnswerParts, createResponse } from "./answer.js";
import type { ChunkSink } from "./chunk-parser.js";
import { ChunkWriter, type OutgoingMessage, type Portion } from "./chunk-writer.js";
import { formatRequest, formatResponse, type OutgoingRequest } from "./format-chunk.js";
import type { Answerable, ContinuationFlag, Head, MalformedHead, RequestHead, ResponseHead } from "./head.js";
import type { Ident } from "./ident.js";
import type { OctetChannel } from "./octet-channel.js";
import { joinOctets } from "./octets.js";
import { OpenTransactions, responseTimeoutMs } from "./open-transactions.js";
import type { BoundSession, SessionConnection } from "./session-link.js";
import { effectOf } from "./status.js";

/** Octets of a body in one chunk: of a WebSocket message that any peer takes, and of what is confirmed at a time else. */
const chunkBytes = { whole: 32_768, stream: 1 << 20 };
/** Octets of answers that may wait for a peer that does not read them, before we stop reading its requests. */
const maxAnswerBytes = 1 << 20;

/** What a connection with sessions on it needs. */
export interface ConnectionDriverParts {
  readonly channel: OctetChannel;
  readonly clock: Clock;
  readonly chance: Chance;
  /** The session whose local URI has this key. @spec MS-06 */
  readonly find: (key: string) => BoundSession | undefined;
  /** What answers come from where no session is known. */
  readonly ownUri: string;
  /** Silence after which a bodiless SEND asks whether the far end is there; 0 never asks. @spec MS-16 */
  readonly keepAliveMs: number;
  /** Hears when the last session left. */
  readonly onUnused?: () => void;
}

interface OpenRequest {
  readonly settle: (response: ResponseHead | undefined) => void;
  readonly timer: Timer;
}

type Reading =
  | { readonly kind: "nothing" }
  | { readonly kind: "response"; readonly head: ResponseHead }
  | { readonly kind: "REPORT"; readonly session: BoundSession; readonly head: RequestHead }
  | { readonly kind: "SEND"; readonly session: BoundSession };

const nothing: Reading = { kind: "nothing" };

/**
 * One connection at an end point, with the sessions that share it: takes requests to their sessions and responses to
 * what they answer, and writes what the sessions have to say as the channel takes it.
 *
 * @spec rfc4975#5.4
 * @spec rfc4975#7.3
 * @spec MS-13
 */
export class ConnectionDriver implements ChunkSink, SessionConnection {
  readonly channel: OctetChannel;
  readonly #parts: ConnectionDriverParts;
  readonly #writer: ChunkWriter;
  readonly #transactions: OpenTransactions;
  readonly #requests = new Map<string, OpenRequest>();
  readonly #sessions = new Map<string, BoundSession>();
  /** Sessions by the To-Path that their peers write: read once, not with every request. */
  readonly #written = new Map<string, BoundSession>();
  #reading: Reading = nothing;
  #isPumping = false;
  #isFull = false;
  #isClosed = false;
  #holds = 0;
  #isHeldForAnswers = false;
  /** Of a chunk that has to be written as a whole. */
  #pieces: Uint8Array[] = [];
  #wasHeard = false;
  #asking: Timer | undefined;

  constructor(parts: ConnectionDriverParts) {
    this.#parts = parts;
    this.channel = parts.channel;
    const { clock, chance, channel } = parts;
    const most = channel.needsWholeChunks ? chunkBytes.whole : chunkBytes.stream;
    this.#writer = new ChunkWriter({ chance, chunkBytes: most });
    this.#transactions = new OpenTransactions(clock, (chunk) =>
      this.#sessions.get(chunk.message.session)?.timedOut(chunk),
    );
    channel.onDrained(() => this.#drained());
    channel.onClosed((reason) => this.#closed(reason));
    channel.start(this);
    this.#askLater();
  }

  /** How many sessions are bound to it. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  bind(session: BoundSession): void {
    this.#sessions.set(session.uri, session);
  }

  unbind(session: BoundSession): void {
    if (this.#sessions.get(session.uri) !== session) return;
    this.#sessions.delete(session.uri);
    this.#written.clear();
    this.#writer.dropSession(session.uri);
    this.#pump();
    if (this.#sessions.size === 0) this.#parts.onUnused?.();
  }

  send(message: OutgoingMessage): void {
    this.#writer.send(message);
    this.#pump();
  }

  wake(): void {
    this.#pump();
  }

  giveUp(session: string, messageId: Ident): void {
    this.#writer.giveUp(session, messageId);
    this.#pump();
  }

  answer(request: Answerable, parts: AnswerParts): void {
    const response = createResponse(request, parts);
    if (response) this.#sendUrgent(formatResponse(response));
  }

  notify(request: OutgoingRequest): void {
    this.#sendUrgent(formatRequest(request));
  }

  transact(request: OutgoingRequest): Promise<ResponseHead | undefined> {
    return new Promise((resolve) => {
      if (this.#isClosed) return resolve(undefined);
      const settle = (response: ResponseHead | undefined) => {
        this.#requests.delete(request.tid);
        timer.cancel();
        resolve(response);
      };
      const timer = this.#parts.clock.after(responseTimeoutMs, () => settle(undefined));
      this.#requests.set(request.tid, { settle, timer });
      this.#sendUrgent(formatRequest(request));
    });
  }

  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.channel.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.channel.resume();
  }

  destroy(reason: string): void {
    this.channel.destroy(reason);
  }

  onHead(head: Head): void {
    this.#wasHeard = true;
    if (head.kind === "response") this.#reading = { kind: "response", head };
    else this.#reading = this.#takeRequest(head);
  }

  onBody(octets: Uint8Array): void {
    if (this.#reading.kind === "SEND") this.#reading.session.write(octets);
  }

  onEnd(flag: ContinuationFlag): void {
    const reading = this.#reading;
    this.#reading = nothing;
    switch (reading.kind) {
      case "nothing":
        return;
      case "response":
        return this.#takeResponse(reading.head);
      case "REPORT":
        return reading.session.reported(reading.head);
      case "SEND":
        return reading.session.end(flag);
      default:
        return unreachable(reading);
    }
  }

  /** @spec rfc4975#10.2 @spec MS-03 */
  onMalformed({ answerable, rule }: MalformedHead): void {
    this.#wasHeard = true;
    this.#reading = nothing;
    if (!answerable) return;
    const [session] = this.#sessions.values();
    const from = session?.uri ?? this.#parts.ownUri;
    this.answer(answerable, { status: 400, comment: `Bad Request: ${rule}`, from });
  }

  /** The channel closes by itself. */
  onBroken(): void {
    this.#reading = nothing;
  }

  /** @spec rfc4975#7.3 @spec MS-06 */
  #takeRequest(head: RequestHead): Reading {
    const session = this.#sessionFor(head);
    if (typeof session === "number") {
      this.answer(head, { status: session, from: head.toPath[0] ?? this.#parts.ownUri });
      return nothing;
    }
    if (head.method === "REPORT") return { kind: "REPORT", session, head };
    session.begin(head);
    return { kind: "SEND", session };
  }

  /** Whose request it is, or what to answer it. */
  #sessionFor(head: RequestHead): BoundSession | number {
    const [text = ""] = head.toPath;
    const known = head.toPath.length === 1 ? this.#written.get(text) : undefined;
    if (known?.connection === this && known.admit(this) === "admitted" && isForSessions(head)) return known;
    const { find } = this.#parts;
    const connectionOf = (session: BoundSession) => session.connection;
    const admission = admit<BoundSession, SessionConnection>(head, { find, connectionOf }, this);
    if (admission.kind === "refused") return admission.status;
    const { session } = admission;
    const answer = session.admit(this);
    if (answer !== "admitted") return answer;
    if (this.#written.size >= 2 * this.#sessions.size) this.#written.clear();
    this.#written.set(text, session);
    return session;
  }

  /** A chunk may be refused before its end. @spec rfc4975#10.5 @spec MS-10 */
  #takeResponse(head: ResponseHead): void {
    const request = this.#requests.get(head.tid);
    if (request) return request.settle(head);
    const isRefused = effectOf(head.status) !== "goes on";
    const chunk =
      this.#transactions.answer(head.tid) ?? (isRefused ? this.#writer.inHand(head.tid) : undefined);
    if (chunk) this.#sessions.get(chunk.message.session)?.answered(chunk, head);
  }

  #sendUrgent(octets: Uint8Array): void {
    if (this.#isClosed) return;
    this.#writer.sendUrgent(octets);
    this.#pump();
    if (this.#isHeldForAnswers || this.#writer.urgentBytes <= maxAnswerBytes) return;
    this.#isHeldForAnswers = true;
    this.hold();
  }

  /** Writes until there is nothing, or the channel has enough. */
  #pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    try {
      while (!this.#isFull) {
        const portion = this.#writer.next();
        if (!portion) return;
        this.#put(portion);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #put({ pieces, endsChunk, written }: Portion): void {
    let isTaken = true;
    if (!this.channel.needsWholeChunks) for (const piece of pieces) isTaken = this.channel.write(piece);
    else {
      this.#pieces.push(...pieces);
      if (endsChunk) isTaken = this.channel.write(joinOctets(this.#pieces.splice(0)));
    }
    if (!isTaken) this.#isFull = true;
    if (!written) return;
    this.#transactions.add(written);
    this.#sessions.get(written.message.session)?.written(written);
  }

  #drained(): void {
    this.#isFull = false;
    this.#pump();
    if (!this.#isHeldForAnswers || this.#writer.urgentBytes > maxAnswerBytes / 2) return;
    this.#isHeldForAnswers = false;
    this.release();
  }

  #closed(reason: string): void {
    this.#isClosed = true;
    this.#asking?.cancel();
    this.#transactions.close();
    for (const { settle } of this.#requests.values()) settle(undefined);
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) session.connectionLost(reason);
  }

  #askLater(): void {
    const { clock, keepAliveMs } = this.#parts;
    if (keepAliveMs > 0 && !this.#isClosed)
      this.#asking = clock.after(keepAliveMs, () => void this.#askWhetherAlive());
  }

  /** A bodiless SEND where nothing was heard; who does not answer is dead. @spec rfc4975#7.1 @spec rfc7977#6 @spec MS-16 */
  async #askWhetherAlive(): Promise<void> {
    const [session] = this.#sessions.values();
    if (!this.#wasHeard && session && this.#holds === 0) {
      const answer = await this.transact(session.bodilessSend());
      if (!answer && !this.#wasHeard && this.#holds === 0 && !this.#isClosed)
        this.channel.destroy("the peer does not answer");
    }
    this.#wasHeard = false;
    this.#askLater();
  }
}

function isForSessions({ method }: RequestHead): boolean {
  return method === "SEND" || method === "REPORT";
}
