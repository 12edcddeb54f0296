import type { SessionBody, SipLeg, sipEdge } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import { isLegDead, reasonToStop, type Unanswered } from "../domain/choose-session-answer.js";
import type { LegPlan } from "../domain/leg-plan.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { Legs } from "./legs.js";
import type { Call } from "./open-calls.js";

interface Deps {
  readonly legs: Legs;
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  readonly chance: Chance;
  /** How long the devices of one preference may ring. */
  readonly ringMs: number;
}

/** A place to invite: its ways are tried one after the other, and what is offered depends on the way. */
export interface Target {
  readonly ways: readonly (LegPlan & { readonly body: SessionBody | undefined })[];
}

type Accepted = Extract<sipEdge.LegAnswer, { kind: "accepted" }>;

/** How an INVITE to several places ended. */
type Forked =
  /** With how whoever accepted reaches the relay, and its registration. */
  | ({ readonly kind: "accepted"; readonly accepted: Accepted } & Pick<LegPlan, "reach" | "device">)
  | { readonly kind: "failed"; readonly answers: readonly Unanswered[] }
  | { readonly kind: "cancelled" };

/**
 * Invites groups of places one after the other, the places of a group at once. Where all of it has to be over in
 * `withinMs`, each group has its share.
 */
export type Fork = (call: Call, groups: readonly (readonly Target[])[], withinMs?: number) => Promise<Forked>;

/** All groups together; well inside what an edge waits for us. */
const longestMs = 180_000;

/**
 * The first 2xx wins and the others are cancelled; a refusal that speaks for the user ends the search; a caller who gives
 * up ends everything. A 2xx that comes too late is ended with BYE.
 *
 * @spec PF-06 @spec GEN-17 @spec GEN-30 @spec GEN-40 @spec GEN-41
 */
export function fork(deps: Deps): Fork {
  return async (call, groups, withinMs) => {
    const untilMs = deps.clock.monotonicMs() + (withinMs ?? longestMs);
    const answers: Unanswered[] = [];
    for (const [index, group] of groups.entries()) {
      const leftMs = untilMs - deps.clock.monotonicMs();
      if (leftMs <= 0 || call.isCancelled) break;
      const shareMs = withinMs === undefined ? leftMs : Math.ceil(leftMs / (groups.length - index));
      const round = new Round(deps, call, Math.min(deps.ringMs, shareMs));
      const ended = await round.run(group);
      if (ended.kind !== "failed") return ended;
      answers.push(...ended.answers);
      if (ended.answers.some((answer) => reasonToStop(answer) !== undefined)) break;
    }
    return call.isCancelled ? { kind: "cancelled" } : { kind: "failed", answers };
  };
}

/** The places of one preference, all at once. */
class Round {
  readonly #answers: Unanswered[] = [];
  readonly #open = new Map<string, string>();
  readonly #untilMs: number;
  #waiting = 0;
  #resolve: ((forked: Forked) => void) | undefined;

  constructor(
    private readonly deps: Deps,
    private readonly call: Call,
    ringMs: number,
  ) {
    this.#untilMs = deps.clock.monotonicMs() + ringMs;
  }

  run(targets: readonly Target[]): Promise<Forked> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#waiting = targets.length;
      if (targets.length === 0) return resolve({ kind: "failed", answers: [] });
      this.call.onCancelled((reason) => this.#end({ kind: "cancelled" }, reason));
      for (const target of targets) this.#reach(target).catch(reject);
    });
  }

  /** The ways of one place in turn, until one has an answer of the device. */
  async #reach({ ways }: Target): Promise<void> {
    let answer: sipEdge.LegAnswer = { kind: "silent" };
    let taken: Pick<LegPlan, "reach" | "device"> = { reach: "tcp" };
    for (const way of ways) {
      const leftMs = this.#untilMs - this.deps.clock.monotonicMs();
      if (leftMs <= 0 || !this.#resolve) break;
      taken = way;
      answer = await this.#invite(way, leftMs);
      if (!isLegDead(answer)) break;
    }
    this.#waiting -= 1;
    if (answer.kind === "accepted") this.#accept(answer, taken);
    else this.#refuse(answer);
  }

  async #invite(way: Target["ways"][number], ringMs: number): Promise<sipEdge.LegAnswer> {
    const leg = this.deps.chance.token(16);
    this.#open.set(leg, way.node);
    this.call.rings(leg, way.node);
    const { invitation } = this.call;
    const answer = await this.deps.legs.invite(way, { leg, invitation, body: way.body, ringMs });
    this.#open.delete(leg);
    this.call.rangOut(leg);
    return answer;
  }

  #refuse(answer: Unanswered): void {
    this.#answers.push(answer);
    const reason = reasonToStop(answer);
    if (reason !== undefined || this.#waiting === 0) {
      this.#end({ kind: "failed", answers: this.#answers }, reason);
    }
  }

  #accept(accepted: Accepted, { reach, device }: Pick<LegPlan, "reach" | "device">): void {
    const found = { kind: "accepted", accepted, reach, ...(device && { device }) } as const;
    if (this.#resolve) this.#end(found, legReasons.elsewhere);
    else this.#endLate(accepted.leg);
  }

  /** It crossed our CANCEL. @spec rfc3261#9.1 */
  #endLate(leg: SipLeg): void {
    void this.deps.legs.end(leg, legReasons.elsewhere);
  }

  #end(forked: Forked, reason: string | undefined): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    this.call.onCancelled(undefined);
    for (const [leg, node] of this.#open) void this.deps.legs.cancel(node, leg, reason);
    resolve(forked);
  }
}
