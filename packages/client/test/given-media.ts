import type {
  IncomingHead,
  MessageTaker,
  MessageToSend,
  MsrpEndpoints,
  MsrpListeningPoint,
  MsrpSession,
  MsrpSessionParts,
  RelayAccess,
  RelayParts,
  SendOutcome,
  SentMessage,
} from "@heliograph/msrp-stack";
import type { Fingerprint } from "@heliograph/sdp";
import { createMessageId } from "@heliograph/msrp";
import { PredictableChance } from "@heliograph/testkit";
import { Later } from "../src/session/later.js";

/** A message of ours, whose fate a test decides. */
class ScriptedSent implements SentMessage {
  readonly messageId;
  readonly #sent = new Later<SendOutcome>();
  readonly #reported = new Later<SendOutcome>();
  readonly sent = this.#sent.promise;
  readonly reported = this.#reported.promise;
  isAborted = false;
  #hear: (octets: number) => void = () => undefined;

  constructor(readonly message: MessageToSend) {
    this.messageId = message.messageId ?? createMessageId(new PredictableChance());
  }

  onProgress(hear: (octets: number) => void): void {
    this.#hear = hear;
  }
  abort(): void {
    this.isAborted = true;
    this.settle({ kind: "lost", reason: "aborted", confirmedOctets: 0 });
  }
  progress(octets: number): void {
    this.#hear(octets);
  }
  /** Answers it, and reports it too. */
  settle(outcome: SendOutcome = { kind: "done" }): void {
    this.#sent.settle(outcome);
    this.#reported.settle(outcome);
  }
  get text(): string {
    const { body } = this.message;
    return new TextDecoder().decode(body instanceof Uint8Array ? body : readAll(body));
  }
}

function readAll(source: Exclude<MessageToSend["body"], Uint8Array>): Uint8Array {
  const octets = source.read(0, source.size ?? 0);
  if (octets === "later") throw new Error("a test reads what is there");
  return octets;
}

/** An MSRP session without a network. */
export class ScriptedMsrpSession implements MsrpSession {
  readonly bound = Promise.resolve();
  readonly sent: ScriptedSent[] = [];
  readonly renegotiated: MsrpSessionParts[] = [];
  isClosed = false;
  /** What becomes of what is sent; without it a test settles each. */
  outcome: SendOutcome | undefined = { kind: "done" };
  #take: Parameters<MsrpSession["onMessage"]>[0] = () => undefined;
  #open: Parameters<MsrpSession["onIncoming"]>[0] = () => ({ refuse: 501 });
  #fail: (reason: string) => void = () => undefined;

  constructor(readonly parts: MsrpSessionParts) {}

  get uri(): string {
    return this.parts.uri;
  }
  send(message: MessageToSend): SentMessage {
    const sent = new ScriptedSent(message);
    this.sent.push(sent);
    if (this.outcome) sent.settle(this.outcome);
    return sent;
  }
  onMessage(take: Parameters<MsrpSession["onMessage"]>[0]): void {
    this.#take = take;
  }
  onIncoming(open: Parameters<MsrpSession["onIncoming"]>[0]): void {
    this.#open = open;
  }
  onFailed(hear: (reason: string) => void): void {
    this.#fail = hear;
  }
  renegotiate(parts: MsrpSessionParts): void {
    this.renegotiated.push(parts);
  }
  close(): void {
    this.isClosed = true;
  }

  /** A whole message comes; settles when it was taken. */
  async receive(contentType: string, content: string | Uint8Array, messageId = "m-1"): Promise<void> {
    const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await this.#take({ ...headOf(contentType, messageId), content: octets });
  }
  /** A message begins to come. */
  begin(contentType: string): ReturnType<Parameters<MsrpSession["onIncoming"]>[0]> {
    return this.#open(headOf(contentType, "m-1"));
  }
  fail(reason = "connection lost"): void {
    this.#fail(reason);
  }
}

function headOf(contentType: string, id: string): IncomingHead {
  return {
    messageId: id as IncomingHead["messageId"],
    contentType,
    mimeFields: [],
    total: undefined,
    wantsSuccessReport: false,
  };
}

/** Whether a message that begins is taken. */
export function isTaker(begun: ReturnType<ScriptedMsrpSession["begin"]>): begun is MessageTaker {
  return "complete" in begun;
}

/** End points that open nothing. */
export class ScriptedEndpoints implements MsrpEndpoints {
  readonly opened: ScriptedMsrpSession[] = [];
  readonly fingerprints: readonly Fingerprint[] = [
    { hash: "sha-256", digest: Array.from({ length: 32 }, () => "AB").join(":") },
  ];
  readonly asked: RelayParts[] = [];
  listeningPoints: readonly MsrpListeningPoint[];
  /** What becomes of what is sent on sessions that are opened from now on. */
  outcome: SendOutcome | undefined = { kind: "done" };
  isStopped = false;
  #count = 0;

  constructor(
    readonly host: string,
    transports: readonly MsrpListeningPoint["transport"][] = ["tcp"],
  ) {
    this.listeningPoints = transports.map((transport) => ({ transport, address: host, port: 2855 }));
  }

  start(): Promise<void> {
    return Promise.resolve();
  }
  createUri(reach: "tcp" | "tls" | "ws"): string {
    this.#count += 1;
    const id = `s${this.#count}`;
    if (reach === "ws") return `msrps://${id}.invalid:9/${id};ws`;
    return `${reach === "tls" ? "msrps" : "msrp"}://${this.host}:2855/${id};tcp`;
  }
  open(parts: MsrpSessionParts): ScriptedMsrpSession {
    const session = new ScriptedMsrpSession(parts);
    session.outcome = this.outcome;
    this.opened.push(session);
    return session;
  }
  authenticate(parts: RelayParts): Promise<RelayAccess> {
    this.asked.push(parts);
    const access: RelayAccess = {
      usePath: ["msrps://relay.example:2855/u1;tcp"],
      expiresAtMs: 0,
      renew: () => Promise.resolve(access),
      onLost: () => undefined,
      close: () => undefined,
    };
    return Promise.resolve(access);
  }
  stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }

  /** The session that was opened last. */
  get last(): ScriptedMsrpSession {
    const session = this.opened.at(-1);
    if (!session) throw new Error("no session was opened");
    return session;
  }
}
