import type { Dialogs } from "@heliograph/sip";
import { serviceUnavailable } from "../domain/end-reason.js";
import type { Legs } from "../domain/legs.js";
import type { LegSweeper } from "./sweep-legs.js";

interface Deps {
  readonly dialogs: Pick<Dialogs, "drain">;
  readonly legs: Legs;
  readonly sweeper: Pick<LegSweeper, "stop">;
}

/** Ends every session before the node stops; both sides hear why. @spec GEN-17 @spec PF-11 */
export function drainSessions({ dialogs, legs, sweeper }: Deps) {
  return async (withinMs: number): Promise<void> => {
    sweeper.stop();
    legs.close();
    for (const leg of legs.all()) {
      if (leg.kind === "waiting") leg.giveUp(serviceUnavailable);
      else if (leg.kind === "ringing") leg.invite.cancel(serviceUnavailable);
    }
    await dialogs.drain(withinMs, serviceUnavailable);
  };
}
