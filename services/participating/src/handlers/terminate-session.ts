import type { Invitation, SessionAnswer } from "@heliograph/contracts";
import { addressedUser } from "../domain/addressed-user.js";
import { readSessionFacts } from "../domain/session-facts.js";
import { checkSessionLimits, type SessionLimits } from "../domain/session-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Conversations, Profiles, Registrations } from "../ports.js";
import type { Admit } from "../sessions/admit.js";
import type { Media } from "../sessions/media.js";
import type { Call } from "../sessions/open-calls.js";
import type { TakeCall } from "../sessions/take-call.js";
import type { TerminateCall } from "../sessions/terminate-call.js";

interface Deps {
  readonly takeCall: TakeCall;
  readonly admit: Admit;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly conversations: Pick<Conversations, "countOf">;
  readonly terminateCall: TerminateCall;
  readonly media: Media;
  readonly events: Pick<Events, "refused">;
  readonly sessionLimits: SessionLimits;
  readonly deferredUser: string;
}

/**
 * Takes an INVITE for a user whom we serve, from another network or by a core's terminating trigger.
 *
 * Comes from `sip-edge`.
 *
 * @spec PF-01 @spec PF-02 @spec PF-06 @spec PF-24 @spec SC-08
 */
export function terminateSession(deps: Deps): (invitation: Invitation) => Promise<SessionAnswer> {
  const { profiles, media, events, sessionLimits } = deps;
  return (invitation) => deps.takeCall(invitation, terminate);

  async function terminate(call: Call): Promise<SessionAnswer> {
    const { invitation } = call;
    const facts = readSessionFacts(invitation, deps.deferredUser);
    if (!facts.ok) return refuse(events, invitation, facts.error.name, facts.error.details);
    const limits = { ...sessionLimits, isAnchored: media.isAnchored };
    const isOurs = invitation.sender.kind === "local";
    const [limited, callee] = await Promise.all([
      isOurs ? undefined : deps.admit(invitation),
      profiles.of(invitation.recipient),
    ]);
    const refused = limited ?? checkSessionLimits(invitation, facts.value, limits);
    if (refused) return refuse(events, invitation, refused.name, refused.details);
    if (callee.kind !== "subscriber") return refuse(events, invitation, "unknown-user");
    const { profile, instance } = addressedUser(callee, invitation.requestUri);
    const [reachability, sessions] = await Promise.all([
      deps.registrations.reachabilityOf(profile.aor),
      deps.conversations.countOf(profile.aor),
    ]);
    return deps.terminateCall({ call, facts: facts.value, profile, instance, reachability, sessions });
  }
}
