import { sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { type Flow, type IncomingRequest, parseUri, type SipRequest } from "@heliograph/sip";
import type { AddressBook } from "../domain/address-request.js";
import { type Answer, busy, challengeBy } from "../domain/answer.js";
import { checkBeforeCredentials, checkOwnBody } from "../domain/check-request.js";
import { comesDirectly } from "../domain/comes-directly.js";
import type { FlowUsers } from "../domain/flow-users.js";
import { userAgentOf } from "../domain/user-agent.js";
import { toProvedUser } from "../domain/proved-user.js";
import type { Events } from "../events.js";
import type { Services, UseCase, World } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly world: World;
  readonly flowUsers: FlowUsers;
  readonly events: Events;
  readonly node: string;
}

/** Bodies that a core's third-party REGISTER may carry; nobody else's has any. @spec SC-05 */
const coreBodies = ["message/sip", "application/3gpp-ims+xml", "multipart/mixed"];

/**
 * Takes a REGISTER to the registrar.
 *
 * Goes on to `sip-core/src/handlers/register.ts`, which owns every rule about bindings (GEN-21 and on).
 *
 * @spec rfc3261#10.3 @spec GEN-06 @spec GEN-30 @spec SC-01 @spec SC-05
 */
export function receiveRegister({ bus, world, flowUsers, events, node }: Deps): UseCase {
  return async (incoming) => {
    const { request, flow } = incoming;
    const book = world.addressBook();
    if (!book) return busy("Domains Not Known Yet");
    const isThirdParty = world.sourceOf(incoming).kind === "core" && namesSomebodyElse(request, book);
    const refusal =
      checkUri(request) ??
      checkBeforeCredentials(request) ??
      checkOwnBody(request, isThirdParty ? coreBodies : []);
    if (refusal) {
      events.refused("extension");
      return refusal;
    }
    const reply = await bus.request(
      sipCore.register,
      {},
      toRegistration(incoming, isThirdParty ? "core" : "nobody", node),
    );
    if (reply.kind === "registered" && !isThirdParty && comesDirectly(request)) vouch(flow, reply, book);
    if (reply.kind === "challenge") events.challenged();
    return answerTo(reply);
  };

  function vouch({ id }: Flow, { identity, expiresAtMs }: Registered, { domains }: AddressBook): void {
    const user = toProvedUser(identity, domains);
    if (expiresAtMs === undefined) flowUsers.remove(id, user.aor);
    else flowUsers.add(id, user, expiresAtMs);
  }
}

type Registered = Extract<sipCore.RegisterReply, { readonly kind: "registered" }>;

function answerTo(reply: sipCore.RegisterReply): Answer {
  switch (reply.kind) {
    case "registered":
      return { status: 200, headers: reply.headers };
    case "challenge":
      return challengeBy("registrar", reply.challenges);
    case "refused":
      return { status: reply.status, reason: reply.reason, headers: reply.headers };
    default:
      return unreachable(reply);
  }
}

/** Registered by one party for another: what a core does. @spec SC-05 @spec rfc3261#10.2 */
function namesSomebodyElse({ from, to }: SipRequest, { domains }: AddressBook): boolean {
  const [registering, registered] = [domains.read(from.uri), domains.read(to.uri)];
  if (!registering.ok || !registered.ok) return false;
  return registering.value.party?.aor !== registered.value.party?.aor;
}

/** @spec GEN-04 @spec GEN-05 */
function checkUri({ requestUri }: SipRequest): Answer | undefined {
  const uri = parseUri(requestUri);
  if (!uri.ok)
    return { status: 400, reason: `Request-URI Malformed (${uri.error.rule} at ${uri.error.offset})` };
  return uri.value.scheme === "sip" || uri.value.scheme === "sips" ? undefined : { status: 416 };
}

function toRegistration(
  { request, flow }: IncomingRequest,
  asserted: "core" | "nobody",
  node: string,
): sipCore.Registration {
  const { headers } = request;
  const expires = headers.get("Expires");
  return {
    requestUri: request.requestUri,
    to: request.to.raw,
    from: request.from.raw,
    callId: request.callId,
    cseq: request.cseq.number,
    contacts: [...headers.values("Contact")],
    ...(expires === undefined ? {} : { expires }),
    path: [...headers.values("Path")],
    supported: [...headers.values("Supported")],
    require: [...headers.values("Require")],
    authorization: [...headers.all("Authorization")],
    method: request.method,
    asserted,
    node,
    flowId: flow.id,
    transport: flow.transport,
    source: { address: flow.remoteAddress, port: flow.remotePort },
    firstHop: comesDirectly(request),
    ...userAgentOf(request),
  };
}
