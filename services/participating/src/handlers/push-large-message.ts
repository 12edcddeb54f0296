import type { Invitation, participating } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { decideLargePush } from "../domain/decide-large-push.js";
import { plansForUser } from "../domain/leg-plan.js";
import type { Refused } from "../domain/pager-limits.js";
import { readSessionFacts, type SessionFacts } from "../domain/session-facts.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Profiles, Registrations } from "../ports.js";
import { Call, type OpenCalls } from "../sessions/open-calls.js";
import type { PushCall } from "../sessions/push-call.js";

interface Deps {
  readonly calls: OpenCalls;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly pushCall: PushCall;
  readonly events: Pick<Events, "refused">;
  readonly deferredUser: string;
}

interface Push {
  readonly invitation: Invitation;
  readonly sizeBytes: number;
}

type Pushed = participating.LargePushReply;

/**
 * Invites the devices that take large messages, on behalf of the store and as policy stands now.
 *
 * Comes from `deferred-store`; goes on to `sip-edge/src/handlers/invite-leg.ts`.
 *
 * @spec DF-34 @spec DF-35 @spec PF-42
 */
export function pushLargeMessage(deps: Deps): (push: Push) => Promise<Pushed> {
  const { calls, profiles, registrations, pushCall } = deps;
  return async ({ invitation, sizeBytes }) => {
    const read = readSessionFacts(invitation, deps.deferredUser);
    if (!read.ok) return refused(invitation, read.error);
    const facts: SessionFacts = { ...read.value, purpose: "large-message", services: ["large-message"] };
    const [sender, recipient, { bindings }] = await Promise.all([
      invitation.sender.kind === "local" ? profiles.of(invitation.sender.aor) : undefined,
      profiles.of(invitation.recipient),
      registrations.reachabilityOf(invitation.recipient),
    ]);
    const groups = plansForUser(bindings, invitation, facts);
    const decision = decideLargePush({ invitation, sender, recipient, canRing: groups.length > 0 });
    switch (decision.kind) {
      case "refuse":
        return refused(invitation, decision);
      case "keep":
        return { kind: "unreachable", reason: decision.why };
      case "deliver": {
        const call = new Call(invitation);
        return calls.run(call, () => pushCall({ call, facts, groups, sizeBytes }));
      }
      default:
        return unreachable(decision);
    }
  };

  function refused(invitation: Invitation, { name, details }: Refused): Pushed {
    const { status, reason } = refuse(deps.events, invitation, name, details);
    return { kind: "refused", status, reason };
  }
}
