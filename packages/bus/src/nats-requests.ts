import { BusError, type BusFailure } from "@heliograph/contracts";
import { type Clock, PassingMap, type Timer } from "@heliograph/kernel";
import { type Msg, type NatsConnection, createInbox, headers } from "@nats-io/transport-node";
import { failureHeader, traceHeader } from "./nats-headers.js";

interface Waiting {
  readonly subject: string;
  readonly deadline: Timer;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: BusError) => void;
}

/**
 * Questions that wait for their answers, all on one inbox. When the connection is lost they fail at once:
 * an answer that was on its way is not worth a caller's whole deadline.
 */
export class NatsRequests {
  readonly #waiting = new PassingMap<Waiting>();
  readonly #inbox = createInbox();
  #next = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly clock: Clock,
  ) {
    connection.subscribe(`${this.#inbox}.*`, { callback: (error, answer) => this.#take(error, answer) });
  }

  /** Sends a question; rejects with a {@link BusError}. */
  ask(
    subject: string,
    payload: Uint8Array,
    options: { timeoutMs: number; traceParent?: string },
  ): Promise<Uint8Array> {
    const token = (this.#next++).toString(36);
    return new Promise((resolve, reject) => {
      const deadline = this.clock.after(options.timeoutMs, () => this.#fail(token, "timeout"));
      this.#waiting.set(token, { subject, deadline, resolve, reject });
      try {
        this.#send(subject, payload, token, options.traceParent);
      } catch (cause) {
        this.#fail(token, this.connection.isClosed() ? "disconnected" : "malformed", cause);
      }
    });
  }

  /** Fails everything that waits. */
  abandon(): void {
    for (const token of this.#waiting.keys()) this.#fail(token, "disconnected");
  }

  #send(subject: string, payload: Uint8Array, token: string, traceParent: string | undefined): void {
    const reply = `${this.#inbox}.${token}`;
    if (traceParent === undefined) return this.connection.publish(subject, payload, { reply });
    const fields = headers();
    fields.set(traceHeader, traceParent);
    this.connection.publish(subject, payload, { reply, headers: fields });
  }

  #take(error: Error | null, answer: Msg): void {
    if (error) return;
    const token = answer.subject.slice(this.#inbox.length + 1);
    if (answer.headers?.code === 503) return this.#fail(token, "no-responder");
    const failure = answer.headers?.get(failureHeader);
    if (failure) return this.#fail(token, failure === "malformed" ? "malformed" : "handler-failed");
    this.#settle(token)?.resolve(answer.data);
  }

  #fail(token: string, failure: BusFailure, cause?: unknown): void {
    const waiting = this.#settle(token);
    waiting?.reject(new BusError(failure, waiting.subject, { cause }));
  }

  #settle(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    waiting?.deadline.cancel();
    return waiting;
  }
}
