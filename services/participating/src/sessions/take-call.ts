import type { Invitation, SessionAnswer } from "@heliograph/contracts";
import type { PendingLimits } from "../delivery/pending-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Legs } from "./legs.js";
import { Call, type OpenCalls } from "./open-calls.js";

interface Deps {
  readonly calls: OpenCalls;
  readonly legs: Legs;
  readonly pendingFrom: PendingLimits;
  readonly events: Pick<Events, "refused" | "broken">;
}

/** Handles an INVITE as a call: it can be cancelled, its caller hears of ringing, and what is broken is an answer. */
export type TakeCall = (
  invitation: Invitation,
  handle: (call: Call) => Promise<SessionAnswer>,
) => Promise<SessionAnswer>;

/** What is broken becomes an answer here and nowhere else: a 500 with Retry-After. @spec GEN-14 @spec PF-12 */
export function takeCall({ calls, legs, pendingFrom, events }: Deps): TakeCall {
  return async (invitation, handle) => {
    const { aor } = invitation.sender;
    if (!pendingFrom.enter(aor)) return refuse(events, invitation, "caller-sessions");
    const { caller: leg } = invitation;
    const caller = leg.kind === "sip" ? { leg, ring: () => void legs.ring(leg) } : undefined;
    const call = new Call(invitation, caller);
    try {
      return await calls.run(call, () => handle(call));
    } catch (cause) {
      events.broken("an INVITE was not handled", cause);
      return refuse(events, invitation, "broken");
    } finally {
      pendingFrom.leave(aor);
    }
  };
}
