import type { RingingLeg } from "@heliograph/contracts";
import type { Chance } from "@heliograph/kernel";
import { legReasons } from "../domain/leg-reasons.js";
import type { Call } from "./open-calls.js";

/**
 * What this process rings for callers who have an answer already, by the names of legs: who ends such a conversation, or
 * asks whether somebody still rings for it, looks here.
 *
 * @spec PF-07
 */
export class RingingLegs {
  readonly #calls = new Map<string, Call>();
  readonly #underWay = new Set<Promise<void>>();

  /** `node`: the name of this process, another one after every start. */
  constructor(
    private readonly chance: Chance,
    readonly node: string,
  ) {}

  /** A leg for the devices of a call. */
  enter(call: Call): RingingLeg {
    const leg = this.chance.token(16);
    this.#calls.set(leg, call);
    return { kind: "ringing", node: this.node, incarnation: this.node, leg };
  }

  leave({ leg }: RingingLeg): void {
    this.#calls.delete(leg);
  }

  /** Works for a leg until it has another end, or none; `work` does not throw. */
  goOn(leg: RingingLeg, work: () => Promise<void>): void {
    const underWay = work().finally(() => {
      this.leave(leg);
      this.#underWay.delete(underWay);
    });
    this.#underWay.add(underWay);
  }

  /** Nobody waits for the devices of this leg any more, for this Reason. @spec GEN-40 */
  cancel(leg: string, reason: string | undefined): void {
    this.#calls.get(leg)?.cancel(reason);
  }

  /** The calls that ring. */
  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** For which of these nobody rings. */
  missing(legs: readonly string[]): string[] {
    return legs.filter((leg) => !this.#calls.has(leg));
  }

  /** This process ends: nobody would be there to hear of an answer. */
  async stop(): Promise<void> {
    for (const call of this.#calls.values()) call.cancel(legReasons.unavailable, "stopping");
    await Promise.all(this.#underWay);
  }
}
