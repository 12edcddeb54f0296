import type { HeaderField, sipEdge, SipLeg } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { InviteOutcome, SipResponse } from "@heliograph/sip";
import { contactParamsOf } from "./leg-contact.js";
import { upstream } from "./leg-outcome.js";
import { crossingFields, sessionBodyOf } from "./session-fields.js";

/** Which leg an outcome is of. */
export interface InvitedLeg {
  readonly leg: SipLeg;
  /** Whether the peer is inside the trust domain: what it asserts goes on. */
  readonly isTrusted: boolean;
}

/** How the INVITE of a leg ended, for the participating function. @spec PF-06 @spec PF-15 @spec GEN-30 */
export function toLegAnswer(outcome: InviteOutcome, { leg, isTrusted }: InvitedLeg): sipEdge.LegAnswer {
  switch (outcome.kind) {
    case "accepted": {
      const { response } = outcome;
      const body = sessionBodyOf(response);
      return {
        kind: "accepted",
        leg,
        contactParams: contactParamsOf(response.headers),
        headers: crossingFields(response, isTrusted),
        ...(body && { body }),
      };
    }
    case "refused":
      return fromRefusal(outcome.response);
    case "cancelled":
    case "silent":
      return { kind: outcome.kind };
    case "unreachable":
      return { kind: "unreachable", reason: outcome.reason };
    default:
      return unreachable(outcome);
  }
}

/** A 430 says that the flow behind the next hop is gone, a 408 that nobody answered. @spec GEN-30 @spec SC-15 @spec rfc5626#5.3 */
function fromRefusal({ status, reason, headers }: SipResponse): sipEdge.LegAnswer {
  if (status === 430) return { kind: "unreachable", reason: "flow failed" };
  if (status === 408) return { kind: "silent" };
  const kept: HeaderField[] = [];
  for (const name of upstream) for (const value of headers.all(name)) kept.push([name, value]);
  return { kind: "answered", status, reason, headers: kept };
}
