import { type Clock, type Timer, unreachable } from "@heliograph/kernel";
import { serviceUnavailable } from "../domain/end-reason.js";
import type { LegLeases } from "../domain/leg-leases.js";
import type { Legs, OpenLeg } from "../domain/legs.js";
import type { Events } from "../events.js";

interface Deps {
  readonly legs: Pick<Legs, "open">;
  readonly leases: Pick<LegLeases, "look">;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "legOrphaned">;
}

/** With four looks without a renewal a leg is given up between 7.5 s and 10 s after the last one. */
const everyMs = 2_500;

/**
 * Gives up legs without a final answer that no process works on any more: a caller who waits gets 503 with Retry-After, a
 * device that rings gets CANCEL.
 *
 * @spec GEN-14 @spec GEN-17 @spec PF-06
 */
export class LeaseKeeper {
  readonly #deps: Deps;
  #timer: Timer | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = this.#deps.clock.after(everyMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    const { legs, leases, events } = this.#deps;
    const open = new Map(legs.open());
    for (const name of leases.look([...open.keys()])) {
      const leg = open.get(name);
      if (!leg) continue;
      events.legOrphaned();
      giveUp(leg);
    }
  }
}

function giveUp(leg: OpenLeg): void {
  switch (leg.kind) {
    case "waiting":
      return leg.giveUp(serviceUnavailable);
    case "ringing":
      return leg.invite.cancel(serviceUnavailable);
    default:
      return unreachable(leg);
  }
}
