import { type Chance, type Clock, step, type Timer, unreachable } from "@heliograph/kernel";
import { createBodilessSend } from "./answer.js";
import type { WrittenChunk } from "./chunk-writer.js";
import type { OutgoingRequest } from "./format-chunk.js";
import type { ContinuationFlag, RequestHead, ResponseHead } from "./head.js";
import { createMessageId, createTid } from "./ident.js";
import { OutgoingMessages, type SendingTerms, type SessionEffect } from "./outgoing-messages.js";
import { readReport } from "./send.js";
import { session, type SessionAction, type SessionEvent, type SessionState } from "./session.machine.js";
import { type ReceivingTerms, SessionIntake, type SessionLimits } from "./session-intake.js";
import type { BoundSession, SessionConnection } from "./session-link.js";
import type { IncomingHead, MessageToSend, Opening, SentMessage, WholeMessage } from "./session-messages.js";
import { effectOf } from "./status.js";

/** What an end of a session is told once offer and answer are both known. */
export interface SessionTerms extends SendingTerms, ReceivingTerms {
  /** Whether we connect, and send a SEND at once. @spec MS-14 */
  readonly isActive: boolean;
  /** Why a connection is not the peer's, where it is not. @spec MS-12 */
  readonly objectionTo?: (connection: SessionConnection) => string | undefined;
}

/** What an end of a session needs. */
export interface SessionDriverParts {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: SessionLimits;
  /** From the start to the connection. */
  readonly bindMs: number;
}

/** A promise of a connection. Nobody has to wait for it. */
class Gate {
  readonly promise: Promise<void>;
  open: () => void = () => undefined;
  fail: (cause: Error) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.open = resolve;
      this.fail = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/**
 * Our end of a session: its state, what it sends and what it takes. Whoever owns it finds it by its URI, and gives the
 * active side its connection.
 *
 * @spec rfc4975#5.4
 * @spec MS-06
 * @spec MS-14
 * @spec MS-47
 * @spec MS-48
 */
export class SessionDriver implements BoundSession {
  readonly #parts: SessionDriverParts;
  readonly #outgoing: OutgoingMessages;
  readonly #intake: SessionIntake;
  #terms: SessionTerms;
  #state: SessionState;
  #connection: SessionConnection | undefined;
  #gate = new Gate();
  #waiting: Timer;
  #hearFailed: (reason: string) => void = () => undefined;

  constructor(terms: SessionTerms, parts: SessionDriverParts) {
    const { chance, limits } = parts;
    this.#terms = terms;
    this.#parts = parts;
    this.#outgoing = new OutgoingMessages(chance, limits.maxRemembered);
    this.#intake = new SessionIntake(chance, limits, () => this.#terms);
    this.#state = firstState(terms);
    this.#waiting = this.#waitForConnection();
  }

  get uri(): string {
    return this.#terms.uri;
  }

  get terms(): SessionTerms {
    return this.#terms;
  }

  get connection(): SessionConnection | undefined {
    return this.#connection;
  }

  /** Whether it goes on, or may still begin. */
  get isOpen(): boolean {
    return this.#state !== "failed" && this.#state !== "ended";
  }

  /** Resolves when the far end has spoken on a connection; rejects when that fails. */
  get bound(): Promise<void> {
    return this.#gate.promise;
  }

  /** What is sent before there is a connection waits for it. */
  send(message: MessageToSend): SentMessage {
    const sent = this.#outgoing.send(message, this.#terms);
    if (!this.isOpen) sent.abort();
    return sent;
  }

  /** Takes whole messages. */
  onMessage(take: (message: WholeMessage) => void | Promise<void>): void {
    this.#intake.onMessage(take);
  }

  /** Takes messages piece by piece. */
  onIncoming(open: (head: IncomingHead) => Opening): void {
    this.#intake.onIncoming(open);
  }

  /** Hears once that the session failed. One hearer. */
  onFailed(hear: (reason: string) => void): void {
    this.#hearFailed = hear;
  }

  /** The active side has its connection. */
  connected(connection: SessionConnection): void {
    const objection = this.#terms.objectionTo?.(connection);
    if (objection !== undefined) {
      this.#dispatch("connection lost", objection);
      return;
    }
    this.#dispatch("connected", "", connection);
  }

  /** The active side gets none, or the bound one is gone. @spec MS-47 */
  connectionLost(reason: string): void {
    this.#dispatch("connection lost", reason);
  }

  /**
   * A new answer. Where it only changes what may be sent, the session goes on as it is; else it begins again, and who
   * is active needs a connection. Gives whether it does.
   *
   * @spec rfc4975#5.4
   * @spec MS-47
   */
  renegotiate(terms: SessionTerms): "goes on" | "begins again" {
    const { uri, toPath, isActive } = this.#terms;
    const isSame =
      terms.uri === uri && terms.isActive === isActive && terms.toPath.join(" ") === toPath.join(" ");
    if (isSame && this.isOpen) {
      this.#terms = terms;
      return "goes on";
    }
    if (this.isOpen) this.#dispatch("end", "renegotiated");
    this.#terms = terms;
    this.#gate = new Gate();
    this.#state = firstState(terms);
    this.#waiting = this.#waitForConnection();
    return "begins again";
  }

  /** It is over; open messages are lost. */
  close(): void {
    this.#dispatch("end", "closed");
    this.#intake.close("closed");
  }

  admit(connection: SessionConnection): "admitted" | 481 | 506 {
    if (this.#connection === connection) {
      this.#gate.open();
      return "admitted";
    }
    const objection = this.isOpen ? this.#terms.objectionTo?.(connection) : undefined;
    if (objection !== undefined) {
      this.#dispatch("connection lost", objection);
      connection.destroy(objection);
      return 481;
    }
    const event = this.#connection ? "request on another connection" : "request";
    const actions = this.#dispatch(event, "", connection);
    if (actions.includes("answer 481")) return 481;
    return actions.includes("answer 506") ? 506 : "admitted";
  }

  bodilessSend(): OutgoingRequest {
    const { chance } = this.#parts;
    const { toPath, uri: from } = this.#terms;
    return createBodilessSend({ tid: createTid(chance), messageId: createMessageId(chance), toPath, from });
  }

  begin(head: RequestHead): void {
    if (this.#connection) this.#intake.begin(this.#connection, head);
  }

  write(octets: Uint8Array): void {
    this.#intake.write(octets);
  }

  end(flag: ContinuationFlag): void {
    this.#intake.end(flag);
  }

  reported(head: RequestHead): void {
    const report = readReport(head);
    if (report.ok) this.#suffer(this.#outgoing.reported(report.value), `a REPORT of ${report.value.status}`);
  }

  written(chunk: WrittenChunk): void {
    this.#outgoing.written(chunk);
  }

  answered(chunk: WrittenChunk, { status, comment }: ResponseHead): void {
    this.#suffer(this.#outgoing.answered(chunk, status, comment), `an answer of ${status}`);
  }

  timedOut(chunk: WrittenChunk): void {
    this.#outgoing.answered(chunk, 408, "Request Timeout");
  }

  #suffer(effect: SessionEffect, reason: string): void {
    if (effect !== "none") this.#dispatch(effect, reason);
  }

  #dispatch(event: SessionEvent, reason: string, connection?: SessionConnection): readonly SessionAction[] {
    const { next, actions } = step(session, this.#state, event);
    this.#state = next;
    for (const action of actions) this.#perform(action, reason, connection);
    return actions;
  }

  #perform(action: SessionAction, reason: string, connection: SessionConnection | undefined): void {
    switch (action) {
      case "bind connection":
        return this.#bind(connection);
      case "send bodiless SEND":
        return void this.#introduce();
      case "release connection":
        return this.#release(reason);
      case "fail open messages":
        this.#outgoing.detach(reason);
        return this.#intake.connectionLost(reason);
      case "tell of failure":
        return this.#hearFailed(reason);
      case "answer 481":
      case "answer 506":
        return undefined;
      default:
        return unreachable(action);
    }
  }

  #bind(connection: SessionConnection | undefined): void {
    if (!connection) throw new Error("nothing to bind");
    this.#waiting.cancel();
    this.#connection = connection;
    connection.bind(this);
    this.#outgoing.attach(connection);
    if (!this.#terms.isActive) this.#gate.open();
  }

  #release(reason: string): void {
    this.#waiting.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.unbind(this);
    this.#gate.fail(new Error(reason));
  }

  /** The SEND that binds the connection at the far end. @spec rfc4975#5.4 @spec MS-14 */
  async #introduce(): Promise<void> {
    const connection = this.#connection;
    const answer = await connection?.transact(this.bodilessSend());
    if (!connection || this.#connection !== connection) return;
    if (!answer) return void this.#dispatch("failure report", "nothing answered the first request");
    const effect = effectOf(answer.status);
    if (effect === "goes on") return this.#gate.open();
    this.#dispatch(
      effect === "leave connection" ? "506" : "481",
      `the first request was answered ${answer.status}`,
    );
  }

  #waitForConnection(): Timer {
    return this.#parts.clock.after(this.#parts.bindMs, () => {
      if (!this.#connection) this.#dispatch("not bound in time", "no connection in time");
    });
  }
}

function firstState({ isActive }: SessionTerms): SessionState {
  return isActive ? "connecting" : "awaiting request";
}
