import type { Invitation, RegisteredDevice, SessionAnswer } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { addressedUser } from "../domain/addressed-user.js";
import type { Subscriber } from "../domain/decide-origination.js";
import { decideSessionOrigination } from "../domain/decide-session-origination.js";
import { deviceOfCaller } from "../domain/registered-device.js";
import { readSessionFacts, type SessionFacts } from "../domain/session-facts.js";
import type { SessionLimits } from "../domain/session-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Conversations, Profiles, Registrations } from "../ports.js";
import type { Admit } from "../sessions/admit.js";
import type { ForwardCall } from "../sessions/forward-call.js";
import type { Media } from "../sessions/media.js";
import type { Call } from "../sessions/open-calls.js";
import type { RetrieveCall } from "../sessions/retrieve-call.js";
import type { TakeCall } from "../sessions/take-call.js";
import type { TerminateCall } from "../sessions/terminate-call.js";

interface Deps {
  readonly takeCall: TakeCall;
  readonly admit: Admit;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly conversations: Pick<Conversations, "countOf">;
  readonly terminateCall: TerminateCall;
  readonly retrieveCall: RetrieveCall;
  readonly forwardCall: ForwardCall;
  readonly media: Media;
  readonly events: Pick<Events, "refused">;
  readonly sessionLimits: SessionLimits;
  readonly deferredUser: string;
}

/**
 * Takes an INVITE of a user whom we serve.
 *
 * Comes from `sip-edge`; goes on to the terminating half here, to the edge of the caller towards another network, or to
 * the deferred store.
 *
 * @spec PF-01 @spec PF-02 @spec PF-03 @spec PF-05 @spec CF-01
 */
export function originateSession(deps: Deps): (invitation: Invitation) => Promise<SessionAnswer> {
  const { profiles, conversations, media, events, sessionLimits } = deps;
  return (invitation) => deps.takeCall(invitation, originate);

  async function originate(call: Call): Promise<SessionAnswer> {
    const { invitation } = call;
    const facts = readSessionFacts(invitation, deps.deferredUser);
    if (!facts.ok) return refuse(events, invitation, facts.error.name, facts.error.details);
    const [limited, caller, callee, sessions, device] = await Promise.all([
      deps.admit(invitation),
      profiles.of(invitation.sender.aor),
      profiles.of(invitation.recipient),
      conversations.countOf(invitation.sender.aor),
      registeredDevice(invitation),
    ]);
    const known = { ...facts.value, ...(device && { callerDevice: device }) };
    const limits = { ...sessionLimits, isAnchored: media.isAnchored };
    const decision =
      limited ??
      decideSessionOrigination({ invitation, facts: facts.value, caller, callee, sessions, limits });
    switch (decision.kind) {
      case "refuse":
        return refuse(events, invitation, decision.name, decision.details);
      case "terminate":
        return terminate(call, known, decision.callee);
      case "forward":
        return deps.forwardCall(call, known);
      case "retrieve":
        return deps.retrieveCall(call, known, decision.offer);
      default:
        return unreachable(decision);
    }
  }

  /** @spec PF-11 */
  async function registeredDevice(invitation: Invitation): Promise<RegisteredDevice | undefined> {
    if (!invitation.device) return undefined;
    const { bindings } = await deps.registrations.reachabilityOf(invitation.sender.aor);
    return deviceOfCaller(bindings, invitation);
  }

  async function terminate(call: Call, facts: SessionFacts, callee: Subscriber): Promise<SessionAnswer> {
    const { profile, instance } = addressedUser(callee, call.invitation.requestUri);
    const [reachability, sessions] = await Promise.all([
      deps.registrations.reachabilityOf(profile.aor),
      conversations.countOf(profile.aor),
    ]);
    return deps.terminateCall({ call, facts, profile, instance, reachability, sessions });
  }
}
