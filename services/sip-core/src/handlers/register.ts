import { type Bus, sipCore } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Registrations } from "@heliograph/state";
import { type Accepted, decideRegistration } from "../domain/decide-registration.js";
import { formatRegistered } from "../domain/format-registered.js";
import type { TemporaryGruus } from "../domain/gruu.js";
import { removedBindings } from "../domain/removed-bindings.js";
import type { RegistrationPolicy } from "../domain/registration-policy.js";
import { type RegistrationRequest, readRegistration } from "../domain/registration-request.js";
import type { Subscriber } from "../domain/subscriber.js";
import type { Events } from "../events.js";
import type { Admission } from "../registration-admission.js";

interface Deps {
  readonly admit: (registration: sipCore.Registration) => Promise<Admission>;
  readonly registrations: Registrations;
  readonly gruus: Pick<TemporaryGruus, "issue">;
  readonly bus: Pick<Bus, "publish">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Pick<Events, "registered" | "availabilityUntold" | "removalUntold">;
  readonly policy: RegistrationPolicy;
}

/**
 * The registrar. Who may change what is settled by `registration-admission.ts`; here the bindings change.
 *
 * Comes from `sip-edge/handlers/register.ts`; `deferred-store` hears that the user is available, `participating` which
 * devices are not registered any more.
 *
 * @spec rfc3261#10.3 @spec GEN-21 @spec SC-01
 */
export function register(deps: Deps) {
  const { registrations, clock, policy, events } = deps;

  return async (input: sipCore.Registration): Promise<sipCore.RegisterReply> => {
    const reply = await answer(input);
    events.registered(reply.kind === "refused" ? reply.status : reply.kind);
    return reply;
  };

  async function answer(input: sipCore.Registration): Promise<sipCore.RegisterReply> {
    const admission = await deps.admit(input);
    if (admission.kind !== "admitted") return admission;
    const request = readRegistration(input, admission.subscriber.profile.aor);
    return request.ok ? change(request.value, admission.subscriber) : request.error;
  }

  async function change(
    request: RegistrationRequest,
    { profile }: Subscriber,
  ): Promise<sipCore.RegisterReply> {
    const nowMs = clock.nowMs();
    const { decision, removed } = await registrations.change(request.aor, (current) => {
      const decision = decideRegistration(current, request, policy, nowMs);
      const removed = decision.kind === "accepted" ? removedBindings(current, decision) : [];
      return {
        bindings: decision.kind === "accepted" ? decision.bindings : current,
        reply: { decision, removed },
      };
    });
    if (decision.kind === "refused") return decision;
    if (decision.isAvailable) tellAvailable(request.aor);
    if (removed.length > 0) tellRemoved(request.aor, removed);
    const uris = [profile.aor];
    const headers = formatRegistered(decision, {
      request,
      policy,
      gruus: deps.gruus,
      associated: uris,
      nowMs,
    });
    const expiresAtMs = endOfFlow(decision, request);
    return {
      kind: "registered",
      identity: { aor: profile.aor, uris },
      headers,
      ...(expiresAtMs === undefined ? undefined : { expiresAtMs }),
    };
  }

  /** What was untold now is found when the registration would have run out. @spec PF-11 */
  function tellRemoved(aor: string, removed: sipCore.RemovedBinding[]): void {
    const fact = { aor, removed, isUserRemoved: false };
    deps.bus.publish(sipCore.registrationRemoved, {}, fact).catch(events.removalUntold);
  }

  /** What was untold now is told by the next refresh. */
  function tellAvailable(aor: string): void {
    deps.bus.publish(sipCore.userAvailable, {}, { aor }).catch(events.availabilityUntold);
  }
}

function endOfFlow(
  { bindings }: Accepted,
  { node, flowId, callId, cseq }: RegistrationRequest,
): number | undefined {
  const ends = bindings
    .filter(
      (binding) =>
        (binding.callId === callId && binding.cseq === cseq) ||
        (binding.node === node && binding.flowId === flowId),
    )
    .map(({ expiresAtMs }) => expiresAtMs);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
