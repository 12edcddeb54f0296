import type { HeaderField, sipEdge } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Outcome, SipResponse } from "@heliograph/sip";

/** Headers of a device's answer that matter to who sent the message. */
export const upstream = [
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Warning",
  "Retry-After",
  "Unsupported",
] as const;

/** What became of a leg, for the participating function. @spec GEN-30 @spec PF-40 */
export function toLegOutcome(outcome: Outcome): sipEdge.LegOutcome {
  switch (outcome.kind) {
    case "response":
      return fromResponse(outcome.response);
    case "silent":
      return { kind: "silent" };
    case "unreachable":
      return { kind: "unreachable", reason: outcome.reason };
    default:
      return unreachable(outcome);
  }
}

/** A 430 says that the flow behind the next hop is gone; it never reaches a sender. @spec GEN-30 @spec SC-15 @spec rfc5626#5.3 */
function fromResponse({ status, reason, headers }: SipResponse): sipEdge.LegOutcome {
  if (status === 430) return { kind: "unreachable", reason: "flow failed" };
  if (status === 408) return { kind: "silent" };
  const kept: HeaderField[] = [];
  if (status >= 300) {
    for (const name of upstream) for (const value of headers.all(name)) kept.push([name, value]);
  }
  return { kind: "answered", status, reason, headers: kept };
}
