import type { z } from "zod";

/** The names between `{` and `}` in a subject: `im.sip-edge.{node}.v1.send` has one, `node`. */
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** A value for each hole of a subject. */
export type Params<S extends string> = { readonly [name in Names<S>]: string };

/** One caller, one answer, before a deadline. */
export interface Request<S extends string, I, O> {
  readonly kind: "request";
  readonly subject: S;
  /** Members of the queue share the requests: one of them gets each. */
  readonly queue: string;
  /** How long a caller waits, at most. */
  readonly timeoutMs: number;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
}

/** A fact that has happened; whoever listens gets it, at most once, one member of each queue. */
export interface Event<S extends string, T> {
  readonly kind: "event";
  readonly subject: S;
  readonly fact: z.ZodType<T>;
}

/** Declares a request: its subject is written here and nowhere else. */
export const request = <const S extends string, I, O>(
  declaration: Omit<Request<S, I, O>, "kind">,
): Request<S, I, O> => ({ kind: "request", ...declaration });

/** Declares an event: its subject is written here and nowhere else. */
export const event = <const S extends string, T>(declaration: Omit<Event<S, T>, "kind">): Event<S, T> => ({
  kind: "event",
  ...declaration,
});

/** Fills in a subject; a token that would add or widen a level is refused with a `TypeError`. @spec nats-adr-6 */
export function subjectOf<S extends string>(template: S, params: Params<S>): string {
  const tokens = params as Record<string, string>;
  let subject = "";
  let at = 0;
  for (let open = template.indexOf("{"); open >= 0; open = template.indexOf("{", at)) {
    const close = template.indexOf("}", open);
    const name = template.slice(open + 1, close);
    const token = tokens[name] ?? "";
    if (!/^[A-Za-z0-9_-]+$/.test(token)) throw new TypeError(`not a subject token: ${name}=${token}`);
    subject += template.slice(at, open) + token;
    at = close + 1;
  }
  return subject + template.slice(at);
}

/**
 * What a service needs of the bus. Two implementations, in process and over NATS, pass one contract suite.
 * Values are passed by reference in process: nobody changes what it was given.
 */
export interface Bus {
  /** Asks and waits. Throws {@link BusError} when nobody serves the subject, the deadline passes or the handler fails. */
  request<S extends string, I, O>(to: Request<S, I, O>, params: Params<S>, input: I): Promise<O>;
  /** Tells whoever listens. Settles when the fact is handed over, not when it was heard. */
  publish<S extends string, T>(to: Event<S, T>, params: Params<S>, fact: T): Promise<void>;
  /** Answers requests until the bus drains. Resolves once requests from elsewhere will arrive. */
  serve<S extends string, I, O>(
    on: Request<S, I, O>,
    params: Params<S>,
    handle: (input: I) => Promise<O>,
  ): Promise<void>;
  /** Hears facts until the bus drains, one listener of each `queue`. */
  listen<S extends string, T>(
    on: Event<S, T>,
    params: Params<S>,
    queue: string,
    hear: (fact: T) => Promise<void>,
  ): Promise<void>;
  /** Stops taking work, finishes what is in hand. */
  drain(): Promise<void>;
}

/** Why a request got no answer. */
export type BusFailure = "no-responder" | "timeout" | "handler-failed" | "malformed" | "disconnected";

/** Thrown by {@link Bus.request}. */
export class BusError extends Error {
  override readonly name = "BusError";
  constructor(
    readonly failure: BusFailure,
    readonly subject: string,
    options?: ErrorOptions,
  ) {
    super(`${subject}: ${failure}`, options);
  }
}
