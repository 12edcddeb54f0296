import type { Clock } from "@heliograph/kernel";
import { createResponse, type IncomingRequest } from "@heliograph/sip";
import { BusError } from "@heliograph/contracts";
import { type Answer, broken, busy, silence } from "../domain/answer.js";
import type { StandingQueue } from "../domain/standing-queue.js";
import type { Events } from "../events.js";
import type { Reply, UseCase } from "../ports.js";

interface Deps {
  readonly useCases: { readonly [method in "REGISTER" | "MESSAGE" | "OPTIONS"]: UseCase };
  readonly refuse: UseCase;
  readonly tag: () => string;
  readonly events: Events;
  /** `Server` of every answer. @spec GEN-10 */
  readonly server: string;
  readonly maxInHand: number;
  readonly queue: StandingQueue;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/**
 * Every request from outside goes through here: one use case answers it, once. That a 100 goes out while it works, and
 * that nothing goes out when the sender has stopped waiting, is the server transaction's part (GEN-37).
 */
export class RequestDoor {
  #inHand = 0;

  constructor(private readonly deps: Deps) {}

  /** Requests that wait for their answer. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Takes a request. ACK belongs to no request of ours and is never answered. @spec GEN-14 @spec GEN-31 */
  receive(incoming: IncomingRequest): void {
    const { method } = incoming.request;
    if (method === "ACK") return;
    const { events } = this.deps;
    events.received(method);
    const limit = this.#limitReached(method);
    if (limit === undefined) return this.#serve(incoming, this.#useCaseFor(method));
    events.refused("overload");
    this.#respond(incoming, busy(limit));
  }

  /** Requests that cost little are taken while only messages wait. @spec GEN-14 */
  #limitReached(method: string): string | undefined {
    const { maxInHand, queue, clock } = this.deps;
    if (this.#inHand >= maxInHand) return "Too Many Requests In Hand";
    return method === "MESSAGE" && queue.stands(clock.monotonicMs()) ? "Messages Wait Too Long" : undefined;
  }

  #useCaseFor(method: string): UseCase {
    const { useCases, refuse } = this.deps;
    switch (method) {
      case "REGISTER":
      case "MESSAGE":
      case "OPTIONS":
        return useCases[method];
      default:
        return refuse;
    }
  }

  #serve(incoming: IncomingRequest, useCase: UseCase): void {
    this.#inHand += 1;
    const sinceMs = this.deps.clock.monotonicMs();
    useCase(incoming).then(
      (reply) => this.#finish(incoming, reply, sinceMs),
      (cause: unknown) => {
        this.#reportFailure(incoming, cause);
        this.#finish(incoming, answerToFailure(cause), sinceMs);
      },
    );
  }

  #finish(incoming: IncomingRequest, reply: Reply, sinceMs: number): void {
    this.#inHand -= 1;
    if (isDelivery(incoming, reply)) {
      const nowMs = this.deps.clock.monotonicMs();
      this.deps.queue.delivered(nowMs - sinceMs, nowMs);
    }
    if (reply === silence) this.deps.events.leftUnanswered();
    else this.#respond(incoming, reply);
  }

  #reportFailure({ request }: IncomingRequest, cause: unknown): void {
    const { events } = this.deps;
    if (cause instanceof BusError) events.dependencyFailed(cause.subject, cause.failure);
    else events.failed(request.method, cause);
  }

  /** @spec GEN-10 @spec GEN-39 */
  #respond(incoming: IncomingRequest, { status, reason, headers = [] }: Answer): void {
    const { tag, server, events } = this.deps;
    const parts = { toTag: tag(), headers: [...headers, ["Server", server] as const] };
    incoming.respond(
      createResponse(incoming.request, status, reason === undefined ? parts : { ...parts, reason }),
    );
    events.answered(status);
  }
}

/** A 200 to a message came from a device: it has waited in every queue that there is. */
function isDelivery({ request }: IncomingRequest, reply: Reply): boolean {
  return request.method === "MESSAGE" && reply !== silence && reply.status === 200;
}

/** Nothing was accepted, or nobody knows: never a 2xx. A part that is away comes back, so that asking again makes sense. @spec GEN-14 */
function answerToFailure(cause: unknown): Answer {
  if (!(cause instanceof BusError)) return broken;
  switch (cause.failure) {
    case "no-responder":
    case "disconnected":
      return busy("Service Temporarily Unavailable");
    default:
      return broken;
  }
}
