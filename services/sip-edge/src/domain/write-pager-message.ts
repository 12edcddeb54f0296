import type { HeaderField, sipEdge } from "@heliograph/contracts";
import { createRequest, type SipRequest, type Target } from "@heliograph/sip";
import { anonymous, pushOutgoingFields } from "./outgoing-fields.js";
import { visibilityOutside } from "./privacy.js";
import { wayOf } from "./way.js";

/** What the operator lets out of the trust domain. */
export interface OutsidePolicy {
  /** Whether P-Asserted-Identity goes to untrusted hops when the sender did not ask for privacy. @spec GEN-08 */
  readonly assertsOutside: boolean;
}

/** A request, and where it is sent. */
export interface Outgoing {
  readonly request: SipRequest;
  readonly target: Target;
}

/**
 * The MESSAGE of one leg: Call-ID, CSeq, From and To as they came, one hop less, no Contact. What belongs to the
 * trust domain stays in it, and what the sender wants hidden is.
 *
 * @spec PF-54 @spec GEN-03 @spec GEN-06 @spec GEN-08 @spec GEN-16 @spec SC-08 @spec rfc3428#4
 */
export function writePagerMessage(leg: sipEdge.Leg, { assertsOutside }: OutsidePolicy): Outgoing {
  const { message } = leg;
  const visible = leg.trusted ? undefined : visibilityOutside(message.privacy, assertsOutside);
  const { requestUri, route, nextHop } = wayOf(leg.requestUri, leg.route);
  const headers: HeaderField[] = route.map((value): HeaderField => ["Route", value]);
  headers.push(
    ["Max-Forwards", String(Math.max(0, message.maxForwards - 1))],
    ["From", visible && !visible.showsFrom ? anonymous(message.from) : message.from],
    ["To", message.to],
    ["Call-ID", message.callId],
    ["CSeq", `${message.cseq} MESSAGE`],
  );
  pushOutgoingFields(headers, message, visible);
  if (message.contentType !== undefined) headers.push(["Content-Type", message.contentType]);
  return {
    request: createRequest({ method: "MESSAGE", requestUri, headers, body: message.body }),
    target: leg.flowId === undefined ? { kind: "uri", uri: nextHop } : { kind: "flow", flowId: leg.flowId },
  };
}
