import {
  type Bus,
  BusError,
  type BusFailure,
  type Event,
  type Params,
  type Request,
  subjectOf,
} from "@heliograph/contracts";
import { Metrics, noTracing } from "@heliograph/telemetry";
import type { BusDeps } from "./bus-deps.js";
import { type BusMetrics, countBus } from "./bus-metrics.js";
import { decode, encode } from "./codec.js";
import { InHand } from "./in-hand.js";
import { spanNameOf } from "./span-name.js";

/** What a local bus is made of. */
export interface LocalBusOptions extends BusDeps {
  /** Sends every value through its wire form, so that a test sees what would not survive NATS. */
  readonly validate?: boolean;
  /** How long draining waits for work in hand. */
  readonly drainMs?: number;
}

/** A bus inside one process: values pass by reference, and nobody changes what it was given. */
export function createLocalBus(options: LocalBusOptions): Bus {
  return new LocalBus(options);
}

/** The contract types a subject's values; the tables below hold all subjects and know only that they are values. */
type Serve = (input: unknown) => Promise<unknown>;
type Hear = (fact: unknown) => Promise<void>;

class LocalBus implements Bus {
  readonly #servers = new Map<string, Turns<{ readonly span: string; readonly serve: Serve }>>();
  readonly #listeners = new Map<string, Map<string, Turns<Hear>>>();
  readonly #inHand = new InHand();
  readonly #metrics: BusMetrics;

  constructor(private readonly options: LocalBusOptions) {
    this.#metrics = countBus(options.metrics ?? new Metrics());
  }

  request<S extends string, I, O>(to: Request<S, I, O>, params: Params<S>, input: I): Promise<O> {
    const subject = subjectText(to.subject, params);
    this.#metrics.requests.add();
    const server = this.#servers.get(subject)?.next();
    if (!server) return Promise.reject(this.#failure("no-responder", subject));
    const { tracing = noTracing, validate = false } = this.options;
    const ask = validate ? throughTheWire(to, server.serve) : server.serve;
    const answer = tracing.step(server.span, () => this.#perform(ask, input));
    return this.#before(to.timeoutMs, subject, answer) as Promise<O>;
  }

  publish<S extends string, T>(to: Event<S, T>, params: Params<S>, fact: T): Promise<void> {
    const subject = subjectText(to.subject, params);
    this.#metrics.events.add();
    const told = this.options.validate ? decode(to.fact, encode(to.fact, fact)) : fact;
    for (const queue of this.#listeners.get(subject)?.values() ?? []) {
      const hear = queue.next();
      if (hear) this.#perform(hear, told).catch((cause: unknown) => this.#unheard(subject, cause));
    }
    return Promise.resolve();
  }

  serve<S extends string, I, O>(
    on: Request<S, I, O>,
    params: Params<S>,
    handle: (input: I) => Promise<O>,
  ): Promise<void> {
    const subject = subjectText(on.subject, params);
    const servers = this.#servers.get(subject) ?? new Turns();
    servers.add({ span: spanNameOf(on.subject), serve: handle as Serve });
    this.#servers.set(subject, servers);
    return Promise.resolve();
  }

  listen<S extends string, T>(
    on: Event<S, T>,
    params: Params<S>,
    queue: string,
    hear: (fact: T) => Promise<void>,
  ): Promise<void> {
    const subject = subjectText(on.subject, params);
    const queues = this.#listeners.get(subject) ?? new Map<string, Turns<Hear>>();
    const listeners = queues.get(queue) ?? new Turns();
    listeners.add(hear as Hear);
    this.#listeners.set(subject, queues.set(queue, listeners));
    return Promise.resolve();
  }

  /** What is in hand may still ask: questions are answered until the last one is. */
  async drain(): Promise<void> {
    this.#listeners.clear();
    await this.#inHand.settled(this.options.clock, this.options.drainMs ?? 10_000);
    this.#servers.clear();
  }

  /** Runs a handler on a later turn, as it would over a network: a caller never sees its own work re-entered. */
  async #perform<T>(run: (input: unknown) => Promise<T>, input: unknown): Promise<T> {
    this.#inHand.take();
    try {
      await Promise.resolve();
      return await run(input);
    } finally {
      this.#inHand.finish();
    }
  }

  #before(timeoutMs: number, subject: string, answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadline = this.options.clock.after(timeoutMs, () => reject(this.#failure("timeout", subject)));
      answer.then(
        (value) => {
          deadline.cancel();
          resolve(value);
        },
        (cause: unknown) => {
          deadline.cancel();
          reject(
            cause instanceof Malformed
              ? this.#failure("malformed", subject, cause)
              : this.#failed(subject, cause),
          );
        },
      );
    });
  }

  #failed(subject: string, cause: unknown): BusError {
    this.options.logger.error({ err: cause, subject }, "a handler failed");
    return this.#failure("handler-failed", subject, cause);
  }

  #failure(failure: BusFailure, subject: string, cause?: unknown): BusError {
    this.#metrics.failures[failure].add();
    return new BusError(failure, subject, { cause });
  }

  #unheard(subject: string, cause: unknown): void {
    this.#metrics.unheard.add();
    this.options.logger.error({ err: cause, subject }, "a listener failed");
  }
}

/** The value has another shape than its contract. */
class Malformed extends Error {
  override readonly name = "Malformed";
}

function throughTheWire<S extends string, I, O>(contract: Request<S, I, O>, serve: Serve): Serve {
  return async (input) => {
    const answer = await serve(crossing(contract.input, input));
    return crossing(contract.output, answer);
  };
}

function crossing<T>(schema: Request<string, T, unknown>["input"], value: unknown): T {
  try {
    return decode(schema, encode(schema, value as T));
  } catch (cause) {
    throw new Malformed("does not fit its contract", { cause });
  }
}

/** Members of a queue, one after the other. */
class Turns<T> {
  readonly #members: T[] = [];
  #turn = 0;

  add(member: T): void {
    this.#members.push(member);
  }

  next(): T | undefined {
    if (this.#members.length === 1) return this.#members[0];
    this.#turn = (this.#turn + 1) % Math.max(1, this.#members.length);
    return this.#members[this.#turn];
  }
}

function subjectText<S extends string>(template: S, params: Params<S>): string {
  return template.includes("{") ? subjectOf(template, params) : template;
}
