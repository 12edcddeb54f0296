import type { Dialogs } from "@heliograph/sip";
import { serviceUnavailable } from "../domain/end-reason.js";
import type { Legs } from "../domain/legs.js";

interface Deps {
  readonly dialogs: Pick<Dialogs, "drain">;
  readonly legs: Legs;
  /** Looks after legs no more. */
  readonly stop: () => void;
}

/** Ends every session before the node stops; both sides hear why. @spec GEN-17 @spec PF-11 */
export function drainSessions({ dialogs, legs, stop }: Deps) {
  return async (withinMs: number): Promise<void> => {
    stop();
    legs.close();
    for (const leg of legs.all()) {
      if (leg.kind === "waiting") leg.giveUp(serviceUnavailable);
      else if (leg.kind === "ringing") leg.invite.cancel(serviceUnavailable);
    }
    await dialogs.drain(withinMs, serviceUnavailable);
  };
}
