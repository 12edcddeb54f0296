import type { sipEdge } from "@heliograph/contracts";
import { aorOf, domainOf, type SipStack } from "@heliograph/sip";
import type { Admission } from "../domain/establish-identity.js";
import { toLegOutcome } from "../domain/leg-outcome.js";
import { type OutsidePolicy, writePagerMessage } from "../domain/write-pager-message.js";
import type { Events } from "../events.js";

interface Deps {
  readonly stack: Pick<SipStack, "send">;
  readonly events: Events;
  readonly outside: OutsidePolicy;
  readonly admission: Pick<Admission, "federation" | "neighbours">;
}

/**
 * Sends a message towards another network: by the route that is configured for its domain, or by its DNS. A route
 * that a trusted core asked for goes first. Comes from `participating`.
 *
 * @spec SC-06 @spec SC-08 @spec SC-11 @spec GEN-05 @spec GEN-06 @spec R-sip-edge-5
 */
export function forwardPagerMessage({ stack, events, outside, admission }: Deps) {
  return async (leg: sipEdge.Leg): Promise<sipEdge.LegOutcome> => {
    const outcome = await send(leg);
    events.legEnded(outcome.kind);
    return outcome;
  };

  async function send(leg: sipEdge.Leg): Promise<sipEdge.LegOutcome> {
    const options = { timeoutMs: leg.timeoutMs };
    if (leg.route.length > 0) {
      const { request, target } = writePagerMessage(leg, outside);
      return toLegOutcome(await stack.send(request, target, options));
    }
    const aor = aorOf(leg.requestUri);
    const neighbour = aor.ok ? admission.neighbours.serving(domainOf(aor.value)) : undefined;
    if (!neighbour && admission.federation === "neighbours") return notConnected;
    const { request, target } = writePagerMessage(
      { ...leg, trusted: neighbour?.isTrusted ?? false },
      outside,
    );
    const uri = neighbour ? { kind: "uri" as const, uri: neighbour.route } : target;
    return toLegOutcome(await stack.send(request, uri, options));
  }
}

const notConnected: sipEdge.LegOutcome = {
  kind: "answered",
  status: 403,
  reason: "Messages To This Network Are Not Sent",
  headers: [],
};
