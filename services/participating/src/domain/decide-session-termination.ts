import type { Invitation, sipCore } from "@heliograph/contracts";
import { isAnonymous } from "./anonymity.js";
import { isFocus } from "./contact-params.js";
import { lacking, lackOf } from "./decide-session-origination.js";
import type { Refused } from "./pager-limits.js";
import type { SessionFacts } from "./session-facts.js";

type Profile = sipCore.Profile;

/** Everything that the terminating half looks at. */
export interface SessionArrival {
  readonly invitation: Pick<Invitation, "privacy" | "from" | "route" | "contactParams">;
  readonly facts: Pick<SessionFacts, "purpose" | "services" | "content">;
  readonly profile: Profile;
  /** Whether any device takes what the INVITE asks for, or a core says where to go on. */
  readonly canRing: boolean;
  /** Earlier messages for this user still wait. */
  readonly isQueued: boolean;
  /** How many sessions the callee has. */
  readonly sessions: number;
  readonly maxSessions: number;
  /** What becomes of a session whose callee is away. @spec DF-03 */
  readonly whenOffline: "refuse" | "store";
  /** Whether media go through our relay, which can hold them. */
  readonly isAnchored: boolean;
}

/** What the store is to take in the place of a user who is away. */
export interface StoreDecision {
  readonly kind: "store";
  readonly messages: "one" | "many";
  /** What the caller has offered. */
  readonly offer: Uint8Array;
}

/** What the terminating half does with an INVITE. */
export type SessionTerminationDecision =
  | { readonly kind: "invite" }
  /** Answer the caller, then invite. */
  | { readonly kind: "answer-first" }
  | StoreDecision
  | Refused;

/**
 * The terminating participating function, for one INVITE: policy, then registration, then the user's settings.
 *
 * @spec PF-06 @spec PF-07 @spec PF-12 @spec PF-20 @spec PF-21 @spec PF-24 @spec PF-25 @spec PF-42 @spec DF-03 @spec DF-40
 */
export function decideSessionTermination(arrival: SessionArrival): SessionTerminationDecision {
  const { facts, profile, canRing, isQueued } = arrival;
  const refused = refuseCallee(arrival);
  if (refused) return refused;
  if (facts.purpose === "large-message" && (profile.whenOnline === "store" || isQueued)) {
    return storeOrRefuse(arrival, "preferred");
  }
  if (!canRing) return storeOrRefuse(arrival, "away");
  if (arrival.sessions >= arrival.maxSessions) return { kind: "refuse", name: "callee-sessions" };
  return { kind: mayAnswerFirst(arrival) ? "answer-first" : "invite" };
}

/**
 * Whether the caller may have an answer before a device has given one. Never where our 200 would say that something has
 * arrived: a first message in the INVITE, a large message, a file; nor where a core or a focus stands for others.
 *
 * @spec PF-07 @spec R-participating-20
 */
function mayAnswerFirst({ invitation, facts, profile, isAnchored }: SessionArrival): boolean {
  const { purpose, services, content } = facts;
  const isTalk = purpose === "session" && services.every((service) => service === "session");
  const isBareOffer = content.description !== undefined && content.others.length === 0;
  const isDirect = invitation.route.length === 0 && !isFocus(invitation.contactParams);
  return profile.autoAcceptsSessions === true && isAnchored && isTalk && isBareOffer && isDirect;
}

/** Why this callee does not get this session, now or later. @spec PF-20 @spec PF-21 @spec PF-24 @spec PF-25 @spec DF-35 */
export function refuseCallee({
  invitation,
  facts: { services },
  profile,
}: Pick<SessionArrival, "profile"> & {
  readonly invitation: Pick<Invitation, "privacy" | "from">;
  readonly facts: Pick<SessionFacts, "services">;
}): Refused | undefined {
  if (profile.isBarred) return { kind: "refuse", name: "recipient-barred" };
  const missing = lackOf(profile, services);
  if (missing !== undefined) return lacking("recipient-not-provisioned", missing);
  const off = services.find((service) => profile.disabled.includes(service));
  if (off !== undefined) return lacking("recipient-function-off", off);
  return !profile.allowsAnonymous && isAnonymous(invitation)
    ? { kind: "refuse", name: "anonymity-not-allowed" }
    : undefined;
}

/**
 * Who cannot be reached has the store take his place: always for a large message, by setting for a session, never for
 * a file or where the caller has made no offer.
 *
 * @spec DF-02 @spec DF-03 @spec DF-05 @spec DF-10
 */
export function storeOrRefuse(
  { facts, profile, whenOffline }: Pick<SessionArrival, "facts" | "profile" | "whenOffline">,
  why: "away" | "preferred",
): StoreDecision | Refused {
  const offer = facts.content.description;
  if (offer === undefined) return { kind: "refuse", name: "no-session-device" };
  if (facts.purpose === "large-message") {
    return profile.whenOffline === "defer" || why === "preferred"
      ? { kind: "store", messages: "one", offer }
      : { kind: "refuse", name: "offline-storage-off" };
  }
  const isStored =
    whenOffline === "store" && profile.whenOffline === "defer" && !facts.services.includes("file-transfer");
  return isStored
    ? { kind: "store", messages: "many", offer }
    : { kind: "refuse", name: "no-session-device" };
}
