import type { Binding, sipCore } from "@heliograph/contracts";
import type { RegistrationDecision } from "../src/domain/decide-registration.js";
import { decideRegistration } from "../src/domain/decide-registration.js";
import type { RegistrationPolicy } from "../src/domain/registration-policy.js";
import { readRegistration } from "../src/domain/registration-request.js";

export const alice = "sip:alice@a.example";
export const nowMs = 1_700_000_000_000;

const policy: RegistrationPolicy = {
  minExpiresS: 60,
  maxExpiresS: 86_400,
  defaultExpiresS: 3_600,
  maxContacts: 4,
  flowTimerS: 120,
  acceptsUnannouncedPath: false,
  serviceRoute: [],
};

/** A REGISTER of Alice's phone; each test says only what differs. */
export function registration(differs: Partial<sipCore.Registration> = {}): sipCore.Registration {
  return {
    requestUri: "sip:a.example",
    to: "<sip:alice@a.example>",
    from: "<sip:alice@a.example>;tag=1",
    callId: "call-1",
    cseq: 1,
    contacts: ["<sip:alice@192.0.2.1:5062>"],
    path: [],
    supported: [],
    require: [],
    authorization: [],
    method: "REGISTER",
    asserted: "nobody",
    node: "edge1",
    flowId: "flow-1",
    transport: "udp",
    source: { address: "192.0.2.1", port: 5062 },
    firstHop: true,
    ...differs,
  };
}

/** What becomes of a REGISTER while `current` is bound. */
export function decide(
  differs: Partial<sipCore.Registration> = {},
  current: readonly Binding[] = [],
  at: { readonly policy?: Partial<RegistrationPolicy>; readonly nowMs?: number } = {},
): RegistrationDecision {
  const request = readRegistration(registration(differs), alice);
  if (!request.ok) return request.error;
  return decideRegistration(current, request.value, { ...policy, ...at.policy }, at.nowMs ?? nowMs);
}

/** The bindings after a REGISTER that is accepted. */
export function bound(...args: Parameters<typeof decide>): readonly Binding[] {
  const decision = decide(...args);
  if (decision.kind !== "accepted") throw new Error(`refused: ${decision.status} ${decision.reason}`);
  return decision.bindings;
}
