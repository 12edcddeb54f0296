import { type Bus, sipCore } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { parseNameAddr, parseUri } from "@heliograph/sip";
import type { Registrations } from "@heliograph/state";
import type { Authentication, Claim } from "../authentication.js";
import { type Accepted, decideRegistration } from "../domain/decide-registration.js";
import type { LocalAddress } from "../domain/domain-names.js";
import { formatRegistered } from "../domain/format-registered.js";
import type { TemporaryGruus } from "../domain/gruu.js";
import { type Refusal, refuse } from "../domain/refusal.js";
import type { RegistrationPolicy } from "../domain/registration-policy.js";
import { type RegistrationRequest, readRegistration } from "../domain/registration-request.js";
import type { Subscriber } from "../domain/subscriber.js";
import type { Events } from "../events.js";
import type { Domains, Subscribers } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly subscribers: Subscribers;
  readonly registrations: Registrations;
  readonly authenticate: (claim: Claim) => Promise<Authentication>;
  readonly gruus: Pick<TemporaryGruus, "issue">;
  readonly bus: Pick<Bus, "publish">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Pick<Events, "registered" | "availabilityUntold">;
  readonly policy: RegistrationPolicy;
}

/**
 * The registrar. Checks in the order of RFC 3261 §10.3: our domain, extensions, who, for whom, and then the contacts.
 *
 * Comes from `sip-edge/handlers/register.ts`; `deferred-store` hears that the user is available.
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
    const entry = await enter(input);
    if (entry.kind !== "allowed") return entry;
    const request = readRegistration(input, entry.subscriber.profile.aor);
    return request.ok ? change(request.value, entry.subscriber) : request.error;
  }

  async function enter(input: sipCore.Registration): Promise<Entry> {
    const names = await deps.domains.names();
    const domain = names.localAorOf(input.requestUri)?.domain;
    if (domain === undefined) return refuseTarget(input.requestUri);
    const unsupported = input.require.filter((tag) => !extensions.has(tag.toLowerCase()));
    if (unsupported.length > 0) {
      return refuse(420, "An extension is required that this registrar does not have", ["Unsupported", unsupported.join(", ")]);
    }
    const to = parseNameAddr(input.to);
    const target = to.ok ? names.localAorOf(to.value.uri) : undefined;
    return input.asserted === "core" ? enterByCore(target, domain) : enterByUser(input, target, domain);
  }

  async function enterByUser(input: sipCore.Registration, target: LocalAddress | undefined, realm: string): Promise<Entry> {
    const sender = await deps.authenticate({ method: input.method, realm, credentials: input.authorization });
    if (sender.kind !== "authenticated") return sender;
    const isOwn = target?.aor === sender.subscriber.profile.aor;
    return isOwn ? { kind: "allowed", subscriber: sender.subscriber } : refuse(403, "To names somebody else");
  }

  /** Third-party registration: the core has done the asking. @spec SC-05 @spec SC-11 */
  async function enterByCore(target: LocalAddress | undefined, domain: string): Promise<Entry> {
    const subscriber = target?.domain === domain ? await deps.subscribers.of(target.aor) : undefined;
    if (!subscriber) return refuse(404, "To names nobody of this domain");
    return subscriber.profile.isBarred ? refuse(403, "This user is barred") : { kind: "allowed", subscriber };
  }

  async function change(request: RegistrationRequest, { profile }: Subscriber): Promise<sipCore.RegisterReply> {
    const nowMs = clock.nowMs();
    const decision = await registrations.change(request.aor, (current) => {
      const decision = decideRegistration(current, request, policy, nowMs);
      return { bindings: decision.kind === "accepted" ? decision.bindings : current, reply: decision };
    });
    if (decision.kind === "refused") return decision;
    if (decision.isAvailable) tellAvailable(request.aor);
    const uris = [profile.aor];
    const headers = formatRegistered(decision, { request, policy, gruus: deps.gruus, associated: uris, nowMs });
    const expiresAtMs = endOfFlow(decision, request);
    return {
      kind: "registered",
      identity: { aor: profile.aor, uris },
      headers,
      ...(expiresAtMs === undefined ? undefined : { expiresAtMs }),
    };
  }

  /** What was untold now is told by the next refresh. */
  function tellAvailable(aor: string): void {
    deps.bus.publish(sipCore.userAvailable, {}, { aor }).catch(events.availabilityUntold);
  }
}

type Entry =
  | { readonly kind: "allowed"; readonly subscriber: Subscriber }
  | Exclude<Authentication, { readonly kind: "authenticated" }>;

/** What a REGISTER may require. @spec rfc3261#8.2.2.3 */
const extensions = new Set(["path", "outbound", "gruu"]);

function refuseTarget(requestUri: string): Refusal {
  const uri = parseUri(requestUri);
  if (!uri.ok) return refuse(400, "The Request-URI cannot be read");
  const isSip = uri.value.scheme === "sip" || uri.value.scheme === "sips";
  return isSip ? refuse(404, "This domain is not served here") : refuse(416, "A registrar is named by a SIP URI");
}

function endOfFlow({ bindings }: Accepted, { node, flowId, callId, cseq }: RegistrationRequest): number | undefined {
  const ends = bindings
    .filter((binding) => (binding.callId === callId && binding.cseq === cseq) || (binding.node === node && binding.flowId === flowId))
    .map(({ expiresAtMs }) => expiresAtMs);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
