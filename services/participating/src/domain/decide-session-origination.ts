import type { Invitation, sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Party, Subscriber } from "./decide-origination.js";
import type { Refused } from "./pager-limits.js";
import type { SessionFacts, SessionService } from "./session-facts.js";
import { checkSessionLimits, type SessionLimits } from "./session-limits.js";

type Profile = sipCore.Profile;

/** Everything that the originating half looks at. */
export interface SessionOrigination {
  readonly invitation: Invitation;
  readonly facts: SessionFacts;
  readonly caller: Party;
  readonly callee: Party;
  /** How many sessions the caller has. */
  readonly sessions: number;
  readonly limits: SessionLimits & { readonly isAnchored: boolean };
}

/** What the originating half does with an INVITE. */
export type SessionOriginationDecision =
  /** The callee is ours, too: straight to the terminating half. */
  | { readonly kind: "terminate"; readonly callee: Subscriber }
  /** Towards another network, or back along the way that a trusted core named. */
  | { readonly kind: "forward" }
  /** The caller wants what waits for him. */
  | { readonly kind: "retrieve"; readonly offer: Uint8Array }
  | Refused;

/**
 * The originating participating function, for one INVITE. The inviting user's server controls the session.
 *
 * @spec PF-05 @spec PF-12 @spec PF-20 @spec PF-21 @spec PF-22 @spec PF-23 @spec PF-24 @spec CF-01
 */
export function decideSessionOrigination(origination: SessionOrigination): SessionOriginationDecision {
  const { invitation, facts, caller, callee, sessions, limits } = origination;
  const refused = refuseCaller(caller, facts) ?? checkSessionLimits(invitation, facts, limits);
  if (refused) return refused;
  if (sessions >= limits.maxSessions) return { kind: "refuse", name: "caller-sessions" };
  if (facts.purpose === "retrieval" && callee.kind !== "foreign-domain") return retrieve(facts);
  if (invitation.route.length > 0) return { kind: "forward" };
  switch (callee.kind) {
    case "subscriber":
      return { kind: "terminate", callee };
    case "unknown-user":
      return { kind: "refuse", name: "unknown-user" };
    case "foreign-domain":
      return { kind: "forward" };
    default:
      return unreachable(callee);
  }
}

/** @spec DF-30 */
function retrieve({ content }: SessionFacts): SessionOriginationDecision {
  const offer = content.description;
  return offer === undefined ? { kind: "refuse", name: "no-message-session" } : { kind: "retrieve", offer };
}

function refuseCaller(caller: Party, { purpose, services }: SessionFacts): Refused | undefined {
  if (caller.kind !== "subscriber") return { kind: "refuse", name: "sender-not-provisioned" };
  const { profile } = caller;
  if (profile.isBarred) return { kind: "refuse", name: "sender-barred" };
  const hasMessages = profile.services.includes("pager") || profile.services.includes("large-message");
  if (purpose === "retrieval" && !hasMessages) return { kind: "refuse", name: "sender-not-provisioned" };
  const missing = lackOf(profile, services);
  if (missing !== undefined) return lacking("sender-not-provisioned", missing);
  const off = services.find((service) => profile.disabled.includes(service));
  return off === undefined ? undefined : lacking("sender-function-off", off);
}

/** What the user is not provisioned for. */
export function lackOf(profile: Profile, services: readonly SessionService[]): SessionService | undefined {
  return services.find((service) => !profile.services.includes(service));
}

/** A refusal for want of a service, and which. */
export function lacking(name: Refused["name"], service: SessionService): Refused {
  return { kind: "refuse", name, details: { because: service } };
}
