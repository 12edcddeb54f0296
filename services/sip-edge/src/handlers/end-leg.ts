import type { Legs } from "../domain/legs.js";
import { serviceUnavailable } from "../domain/end-reason.js";
import { unreachable } from "@heliograph/kernel";
import type { Events } from "../events.js";

interface Deps {
  readonly legs: Legs;
  readonly events: Pick<Events, "failed">;
}

/** Which leg, and the Reason for its peer. */
interface Ending {
  readonly leg: string;
  readonly reason?: string | undefined;
}

/**
 * Ends a leg, whatever state it is in: BYE, CANCEL, or a refusal. It is over for its owner at once; the peer has its own
 * time to answer. One that is not here is over. Comes from `participating`.
 *
 * @spec PF-11 @spec GEN-17
 */
export function endLeg({ legs, events }: Deps) {
  return ({ leg: name, reason }: Ending): Promise<Record<string, never>> => {
    const leg = legs.get(name);
    switch (leg?.kind) {
      case undefined:
        break;
      case "established":
        legs.delete(name);
        leg.dialog.bye(reason).catch((cause: unknown) => events.failed("BYE", cause));
        break;
      case "ringing":
        leg.invite.cancel(reason);
        break;
      case "waiting":
        leg.giveUp(reason ?? serviceUnavailable);
        break;
      default:
        return unreachable(leg);
    }
    return Promise.resolve({});
  };
}
