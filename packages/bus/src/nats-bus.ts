import {
  type Bus,
  BusError,
  type BusFailure,
  type Event,
  type Params,
  type Request,
  subjectOf,
} from "@heliograph/contracts";
import { Metrics, type Tracing, noTracing } from "@heliograph/telemetry";
import { type Msg, type NatsConnection, type Subscription, headers } from "@nats-io/transport-node";
import type { BusDeps } from "./bus-deps.js";
import { type BusMetrics, countBus } from "./bus-metrics.js";
import { decode, encode } from "./codec.js";
import { InHand } from "./in-hand.js";
import { openConnection, watchConnection } from "./nats-connection.js";
import { failureHeader, traceHeader } from "./nats-headers.js";
import { type EndpointStatistics, type MicroIdentity, NatsMicro } from "./nats-micro.js";
import { NatsRequests } from "./nats-requests.js";
import { spanNameOf } from "./span-name.js";

/** What a bus over NATS is made of. */
export interface NatsBusOptions extends BusDeps {
  /** `nats://user:password@host:port`; several hosts between commas. */
  readonly url: string;
  readonly identity: MicroIdentity;
  /** Work in hand above this many is refused: memory stays bounded when callers are faster than we are. */
  readonly maxInHand?: number;
  /** How long draining waits for work in hand. */
  readonly drainMs?: number;
}

/** A bus over NATS, and whether it can be used now. */
export interface NatsBus extends Bus {
  readonly isConnected: boolean;
}

/** Connects; waits for a server that is not there yet. */
export async function connectNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const connection = await openConnection(options.url, options.identity.name);
  return new OverNats(connection, options);
}

class OverNats implements NatsBus {
  readonly #requests: NatsRequests;
  readonly #micro: NatsMicro;
  readonly #metrics: BusMetrics;
  readonly #tracing: Tracing;
  readonly #inHand = new InHand();
  readonly #subscriptions: Subscription[] = [];
  #isConnected = true;

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: NatsBusOptions,
  ) {
    this.#metrics = countBus(options.metrics ?? new Metrics());
    this.#tracing = options.tracing ?? noTracing;
    this.#requests = new NatsRequests(connection, options.clock);
    this.#micro = new NatsMicro(connection, options.identity);
    void watchConnection(connection, options.logger, (isConnected) => this.#hearConnection(isConnected));
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  async request<S extends string, I, O>(to: Request<S, I, O>, params: Params<S>, input: I): Promise<O> {
    const subject = subjectOf(to.subject, params);
    this.#metrics.requests.add();
    try {
      if (!this.#isConnected) throw new BusError("disconnected", subject);
      const traceParent = this.#tracing.traceParent();
      const options = { timeoutMs: to.timeoutMs, ...(traceParent === undefined ? {} : { traceParent }) };
      const answer = await this.#requests.ask(subject, encode(to.input, input), options);
      return decode(to.output, answer);
    } catch (cause) {
      const error = cause instanceof BusError ? cause : new BusError("malformed", subject, { cause });
      this.#metrics.failures[error.failure].add();
      throw error;
    }
  }

  publish<S extends string, T>(to: Event<S, T>, params: Params<S>, fact: T): Promise<void> {
    const subject = subjectOf(to.subject, params);
    this.#metrics.events.add();
    if (!this.#isConnected) return Promise.reject(new BusError("disconnected", subject));
    const traceParent = this.#tracing.traceParent();
    const fields = traceParent === undefined ? undefined : headers();
    if (fields && traceParent !== undefined) fields.set(traceHeader, traceParent);
    this.connection.publish(subject, encode(to.fact, fact), fields ? { headers: fields } : {});
    return Promise.resolve();
  }

  async serve<S extends string, I, O>(
    on: Request<S, I, O>,
    params: Params<S>,
    handle: (input: I) => Promise<O>,
  ): Promise<void> {
    const subject = subjectOf(on.subject, params);
    const span = spanNameOf(on.subject);
    const statistics = this.#micro.endpoint(span.replace("/", "-"), subject, on.queue);
    const answer = (question: Msg) => this.#answer(on, question, handle);
    const callback = (error: Error | null, question: Msg) => {
      if (!error) void this.#take(span, question, () => answer(question), statistics);
    };
    this.#subscriptions.push(this.connection.subscribe(subject, { queue: on.queue, callback }));
    await this.connection.flush();
  }

  async listen<S extends string, T>(
    on: Event<S, T>,
    params: Params<S>,
    queue: string,
    hear: (fact: T) => Promise<void>,
  ): Promise<void> {
    const subject = subjectOf(on.subject, params);
    const span = spanNameOf(on.subject);
    const callback = (error: Error | null, told: Msg) => {
      if (!error) void this.#take(span, told, () => this.#hear(on, told, hear));
    };
    this.#subscriptions.push(this.connection.subscribe(subject, { queue, callback }));
    await this.connection.flush();
  }

  /** New questions go to other members of the queue; what is in hand may still ask others until it is done. */
  async drain(): Promise<void> {
    if (this.connection.isClosed()) return;
    const withinMs = this.options.drainMs ?? 10_000;
    if (this.#isConnected)
      await Promise.allSettled(this.#subscriptions.map((subscription) => subscription.drain()));
    await this.#inHand.settled(this.options.clock, withinMs);
    if (this.#isConnected) await this.connection.drain();
    else await this.connection.close();
  }

  async #take(
    span: string,
    message: Msg,
    work: () => Promise<string | undefined>,
    statistics?: EndpointStatistics,
  ): Promise<void> {
    if (this.#inHand.count >= (this.options.maxInHand ?? 10_000))
      return this.#refuse(message, "handler-failed");
    const startedAtMs = this.options.clock.monotonicMs();
    this.#inHand.take();
    const failure = await this.#tracing.resume(message.headers?.get(traceHeader), span, work);
    statistics?.add(this.options.clock.monotonicMs() - startedAtMs, failure);
    this.#inHand.finish();
  }

  /** Answers one question; what it gives is the failure, if there was one. */
  async #answer<I, O>(
    on: Request<string, I, O>,
    question: Msg,
    handle: (input: I) => Promise<O>,
  ): Promise<BusFailure | undefined> {
    const { subject } = question;
    let input: I;
    try {
      input = decode(on.input, question.data);
    } catch (cause) {
      this.options.logger.warn({ err: cause, subject }, "a question does not fit its contract");
      this.#refuse(question, "malformed");
      return "malformed";
    }
    try {
      this.#send(question, encode(on.output, await handle(input)));
      return undefined;
    } catch (cause) {
      this.options.logger.error({ err: cause, subject }, "a handler failed");
      this.#refuse(question, "handler-failed");
      return "handler-failed";
    }
  }

  async #hear<T>(on: Event<string, T>, told: Msg, hear: (fact: T) => Promise<void>): Promise<undefined> {
    try {
      await hear(decode(on.fact, told.data));
    } catch (cause) {
      this.#metrics.unheard.add();
      this.options.logger.error({ err: cause, subject: told.subject }, "a listener failed");
    }
  }

  #refuse(question: Msg, failure: BusFailure): void {
    const fields = headers();
    fields.set(failureHeader, failure);
    this.#send(question, new Uint8Array(0), fields);
  }

  /** An answer that cannot be sent is a lost answer: its caller was told "disconnected" long ago. */
  #send(question: Msg, payload: Uint8Array, fields?: ReturnType<typeof headers>): void {
    if (!question.reply || !this.#isConnected || this.connection.isClosed()) return;
    question.respond(payload, fields ? { headers: fields } : {});
  }

  #hearConnection(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (!isConnected) this.#requests.abandon();
  }
}
