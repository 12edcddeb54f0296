import type { Binding } from "@heliograph/contracts";
import { parseUri, uriEquals } from "@heliograph/sip";
import { decideFlow } from "./decide-flow.js";
import { type Refusal, refuse } from "./refusal.js";
import type { RegistrationPolicy } from "./registration-policy.js";
import {
  isLoop,
  isOutboundPath,
  type RegistrationRequest,
  type RequestedContact,
} from "./registration-request.js";

/** What becomes of a REGISTER. */
export type RegistrationDecision = Accepted | Refusal;

/** It is done; these are the bindings now, all of them. */
export interface Accepted {
  readonly kind: "accepted";
  readonly bindings: readonly Binding[];
  /** Whether outbound was applied, and the answer must say so. @spec GEN-27 */
  readonly isOutbound: boolean;
  /** Whether a binding was made or refreshed. */
  readonly isAvailable: boolean;
}

/**
 * The registrar: what becomes of the bindings of an address of record when a REGISTER arrives. All of it or nothing.
 *
 * @spec rfc3261#10.3 @spec rfc5626#6 @spec SC-01 @spec GEN-22
 */
export function decideRegistration(
  current: readonly Binding[],
  request: RegistrationRequest,
  policy: RegistrationPolicy,
  nowMs: number,
): RegistrationDecision {
  const refusal = refuseExtensions(request, policy);
  if (refusal) return refusal;
  if (request.contacts === "*") return removeAll(current, request);
  const outbound = outboundOf(request, request.contacts);
  if (outbound === "first hop lacks it") return refuse(439, "First Hop Lacks Outbound Support");
  const contacts = outbound === "applied" ? request.contacts : request.contacts.map(withoutRegId);
  return changeEach(current, { request, contacts, policy, nowMs });
}

/** A Path that the device does not expect was put there by somebody who should not have. @spec GEN-25 @spec rfc3327#5.3 */
function refuseExtensions(
  { path, extensions }: RegistrationRequest,
  policy: RegistrationPolicy,
): Refusal | undefined {
  if (path.length === 0 || extensions.has("path") || policy.acceptsUnannouncedPath) return undefined;
  return refuse(420, "Path is used, but Supported does not name it", ["Unsupported", "path"]);
}

/** @spec GEN-27 */
function outboundOf(
  { firstHop, path, extensions }: RegistrationRequest,
  contacts: readonly RequestedContact[],
): "applied" | "ignored" | "first hop lacks it" {
  if (firstHop || isOutboundPath(path)) return "applied";
  const isWanted = extensions.has("outbound") && contacts.some(({ regId }) => regId !== undefined);
  return isWanted ? "first hop lacks it" : "ignored";
}

function withoutRegId(contact: RequestedContact): RequestedContact {
  return { ...contact, regId: undefined };
}

/** `Contact: *`. @spec rfc3261#10.3 @spec GEN-22 */
function removeAll(current: readonly Binding[], request: RegistrationRequest): RegistrationDecision {
  if (request.expiresS !== 0) return refuse(400, "Contact * needs Expires: 0");
  if (current.some((binding) => isOutOfOrder(binding, request))) return outOfOrder;
  return { kind: "accepted", bindings: [], isOutbound: false, isAvailable: false };
}

interface Task {
  readonly request: RegistrationRequest;
  readonly contacts: readonly RequestedContact[];
  readonly policy: RegistrationPolicy;
  readonly nowMs: number;
}

function changeEach(current: readonly Binding[], task: Task): RegistrationDecision {
  const { request, contacts, policy, nowMs } = task;
  const asked = contacts.map((contact) => ({ contact, expiresS: expiresOf(contact, task) }));
  const live = asked.filter(({ expiresS }) => expiresS > 0).map(({ contact }) => contact);
  const refusal = refuseBrief(asked, policy) ?? refuseTogether(live) ?? refuseLoops(live, request);
  if (refusal) return refusal;
  let bindings = current;
  for (const { contact, expiresS } of asked) {
    const existing = find(bindings, contact, expiresS);
    if (existing && current.includes(existing) && isOutOfOrder(existing, request)) return outOfOrder;
    if (expiresS === 0) bindings = bindings.filter((binding) => binding !== existing);
    else bindings = keep(bindings, existing, bind(contact, expiresS, task, existing));
  }
  if (bindings.length > policy.maxContacts && bindings.length > current.length) return tooMany(policy);
  const isOutbound = request.extensions.has("outbound") && contacts.some(isOutboundContact);
  const marked = live.reduce(
    (now, contact) => markInstance(now, { contact, current, request, nowMs }),
    bindings,
  );
  return { kind: "accepted", bindings: marked, isOutbound, isAvailable: live.length > 0 };
}

/** @spec rfc3261#10.3 @spec GEN-23 */
function expiresOf(contact: RequestedContact, { request, policy }: Task): number {
  const requestedS = contact.expiresS ?? request.expiresS ?? policy.defaultExpiresS;
  return Math.min(requestedS, policy.maxExpiresS);
}

const hourS = 3_600;

function refuseBrief(
  asked: readonly { readonly expiresS: number }[],
  { minExpiresS }: RegistrationPolicy,
): Refusal | undefined {
  const isBrief = asked.some(({ expiresS }) => expiresS > 0 && expiresS < hourS && expiresS < minExpiresS);
  return isBrief ? refuse(423, "Interval Too Brief", ["Min-Expires", String(minExpiresS)]) : undefined;
}

/** One flow at a time. @spec rfc5626#6 @spec GEN-27 */
function refuseTogether(live: readonly RequestedContact[]): Refusal | undefined {
  return live.length > 1 && live.some(isOutboundContact)
    ? refuse(400, "A REGISTER with reg-id must have one Contact only")
    : undefined;
}

/** @spec SC-14 @spec GEN-29 @spec rfc5627#5.1 */
function refuseLoops(
  live: readonly RequestedContact[],
  { aor, kind }: RegistrationRequest,
): Refusal | undefined {
  if (kind === "core") return undefined;
  const instances = live.filter(({ instance }) => instance !== undefined);
  if (instances.some((contact) => isLoop(contact, aor)))
    return refuse(403, "A Contact leads back to the address of record");
  const isForeign = instances.some(({ uri }) => uri.scheme !== "sip" && uri.scheme !== "sips");
  return isForeign ? refuse(403, "A Contact with an instance must be a SIP URI") : undefined;
}

function isOutboundContact({ instance, regId }: RequestedContact): boolean {
  return instance !== undefined && regId !== undefined;
}

/** The binding that a contact means: by instance and reg-id, else by its URI. @spec rfc5626#6 @spec rfc3261#19.1.4 */
function find(
  bindings: readonly Binding[],
  contact: RequestedContact,
  expiresS: number,
): Binding | undefined {
  if (isOutboundContact(contact)) {
    return bindings.find(({ instance, regId }) => instance === contact.instance && regId === contact.regId);
  }
  const same = bindings.filter((binding) => isSameContact(binding, contact));
  return same.find(({ regId }) => regId === undefined) ?? (expiresS === 0 ? same[0] : undefined);
}

function isSameContact(binding: Binding, contact: RequestedContact): boolean {
  if (binding.contact === contact.text) return true;
  const uri = parseUri(binding.contact);
  return uri.ok && uriEquals(uri.value, contact.uri);
}

function isOutOfOrder(binding: Binding, { callId, cseq }: RegistrationRequest): boolean {
  return binding.callId === callId && cseq <= binding.cseq;
}

/** The RFC names no status. @spec GEN-22 @spec R-sip-core-6 */
const outOfOrder = refuse(500, "CSeq is not higher than that of an earlier REGISTER");

/** @spec R-sip-core-5 */
function tooMany({ maxContacts }: RegistrationPolicy): Refusal {
  return refuse(403, `No more than ${maxContacts} contacts may be registered: remove one first`);
}

function keep(
  bindings: readonly Binding[],
  existing: Binding | undefined,
  made: Binding,
): readonly Binding[] {
  return existing ? bindings.map((binding) => (binding === existing ? made : binding)) : [...bindings, made];
}

function bind(
  contact: RequestedContact,
  expiresS: number,
  { request, nowMs }: Task,
  existing: Binding | undefined,
): Binding {
  const isOutbound = isOutboundContact(contact);
  const flowId = request.kind === "core" ? undefined : decideFlow(contact.uri, { ...request, isOutbound });
  return {
    kind: request.kind,
    key: isOutbound ? `${contact.instance};${contact.regId}` : (existing?.key ?? contact.text),
    contact: contact.text,
    q: contact.q,
    expiresAtMs: nowMs + expiresS * 1_000,
    callId: request.callId,
    cseq: request.cseq,
    path: [...request.path],
    params: contact.params,
    node: request.node,
    transport: request.transport,
    registeredAtMs: nowMs,
    ...(contact.instance === undefined ? undefined : { instance: contact.instance }),
    ...(isOutbound && contact.regId !== undefined ? { regId: contact.regId } : undefined),
    ...(flowId === undefined ? undefined : { flowId }),
  };
}

interface Marking {
  readonly contact: RequestedContact;
  readonly current: readonly Binding[];
  readonly request: RegistrationRequest;
  readonly nowMs: number;
}

/** Temporary GRUUs of an instance live until its Call-ID changes or it is gone for a while. @spec rfc5627#5.1 @spec SC-14 */
function markInstance(
  bindings: readonly Binding[],
  { contact, current, request, nowMs }: Marking,
): readonly Binding[] {
  const { instance } = contact;
  if (instance === undefined) return bindings;
  const before = current.filter((binding) => binding.instance === instance);
  const sameFlow = isOutboundContact(contact)
    ? before.filter(({ regId }) => regId === contact.regId)
    : before;
  const latest = sameFlow.reduce<Binding | undefined>(
    (latest, binding) => (latest && latest.registeredAtMs >= binding.registeredAtMs ? latest : binding),
    undefined,
  );
  const isContinued = before.length > 0 && (latest === undefined || latest.callId === request.callId);
  const instanceSinceMs = (isContinued ? before[0]?.instanceSinceMs : undefined) ?? nowMs;
  return bindings.map((binding) =>
    binding.instance === instance ? { ...binding, instanceSinceMs } : binding,
  );
}
