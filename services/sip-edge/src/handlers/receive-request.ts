import type { Clock } from "@heliograph/kernel";
import { createResponse, type Dialogs, type IncomingRequest } from "@heliograph/sip";
import { type Answer, answerToFailure, busy, silence } from "../domain/answer.js";
import type { StandingQueue } from "../domain/standing-queue.js";
import type { Events } from "../events.js";
import type { Reply, UseCase } from "../ports.js";

interface Deps {
  readonly useCases: { readonly [method in "REGISTER" | "MESSAGE" | "OPTIONS"]: UseCase };
  /** Takes up an INVITE outside of any dialog, which is answered in its own time; or gives the answer at once. */
  readonly receiveInvite: (incoming: IncomingRequest) => Answer | undefined;
  readonly dialogs: Pick<Dialogs, "take">;
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

  /**
   * Takes a request. What belongs to a dialog of ours goes there; ACK belongs to nothing else and is never answered.
   *
   * @spec GEN-14 @spec GEN-31 @spec GEN-39
   */
  receive(incoming: IncomingRequest): void {
    const { request } = incoming;
    const { method } = request;
    const { dialogs, events } = this.deps;
    const isInDialog = request.to.params.has("tag");
    if (isInDialog && dialogs.take(incoming)) return events.received(method);
    if (method === "ACK") return;
    events.received(method);
    const limit = this.#limitReached(method);
    if (limit === undefined) return this.#begin(incoming, isInDialog);
    events.refused("overload");
    this.#respond(incoming, busy(limit));
  }

  /** An INVITE may wait for a person, so that it is counted among the sessions and not among what is in hand. */
  #begin(incoming: IncomingRequest, isInDialog: boolean): void {
    const { method } = incoming.request;
    const { receiveInvite } = this.deps;
    if (method !== "INVITE" || isInDialog || !receiveInvite)
      return this.#serve(incoming, this.#useCaseFor(method));
    const answer = this.deps.receiveInvite(incoming);
    if (answer) this.#respond(incoming, answer);
  }

  /** Requests that cost little are taken while only messages wait. @spec GEN-14 */
  #limitReached(method: string): string | undefined {
    const { maxInHand, queue, clock } = this.deps;
    if (this.#inHand >= maxInHand) return "Too Many Requests In Hand";
    const isWork = method === "MESSAGE" || method === "INVITE";
    return isWork && queue.stands(clock.monotonicMs()) ? "Messages Wait Too Long" : undefined;
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
        this.deps.events.brokeOff(incoming.request.method, cause);
        this.#finish(incoming, answerToFailure(cause), sinceMs);
      },
    );
  }

  #finish(incoming: IncomingRequest, reply: Reply, sinceMs: number): void {
    this.#inHand -= 1;
    if (incoming.request.method === "MESSAGE") this.#messageAnswered(reply, sinceMs);
    if (reply === silence) this.deps.events.leftUnanswered();
    else this.#respond(incoming, reply);
  }

  /** A 200 came from a device: the message has waited in every queue that there is. */
  #messageAnswered(reply: Reply, sinceMs: number): void {
    const nowMs = this.deps.clock.monotonicMs();
    if (reply === silence) return;
    this.deps.events.messageAnswered(nowMs - sinceMs);
    if (reply.status === 200) this.deps.queue.delivered(nowMs - sinceMs, nowMs);
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
