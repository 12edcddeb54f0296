import type { SessionAnswer } from "@heliograph/contracts";
import { planForOutside } from "../domain/leg-plan.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Media } from "./media.js";
import type { Call } from "./open-calls.js";
import type { Ring } from "./ring.js";

interface Deps {
  readonly ring: Ring;
  readonly media: Media;
  readonly events: Pick<Events, "refused">;
  readonly sessionLimits: SessionLimits;
}

/** Sends a call beyond this deployment: towards another network, or back along the route that a core named. */
export type ForwardCall = (call: Call, facts: SessionFacts) => Promise<SessionAnswer>;

/** Our relay stays in the path, and the other network's is beyond it. @spec PF-04 @spec PF-05 @spec PF-43 @spec SC-08 */
export function forwardCall({ ring, media, events, sessionLimits }: Deps): ForwardCall {
  return async (call, facts) => {
    const { invitation } = call;
    const policy = mediaPolicyFor(facts, sessionLimits);
    const placed = await media.place(invitation.id, facts.content.description, policy);
    if (placed.kind === "refuse") return refuse(events, invitation, placed.name, placed.details);
    call.anchor = placed.anchor;
    return ring({
      call,
      facts,
      placed,
      calleeAor: invitation.recipient,
      groups: [[[planForOutside(invitation, facts)]]],
      onUnreachable: async ({ isBusy, why }) => {
        await media.close(placed.anchor);
        return refuse(events, invitation, isBusy ? "busy" : "network-silent", { because: why });
      },
    });
  };
}
