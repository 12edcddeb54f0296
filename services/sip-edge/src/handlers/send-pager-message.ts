import type { sipEdge } from "@heliograph/contracts";
import type { SipStack } from "@heliograph/sip";
import { toLegOutcome } from "../domain/leg-outcome.js";
import { type OutsidePolicy, writePagerMessage } from "../domain/write-pager-message.js";
import type { Events } from "../events.js";

interface Deps {
  readonly stack: Pick<SipStack, "send">;
  readonly events: Events;
  readonly outside: OutsidePolicy;
}

/**
 * Sends one leg of a message to a device or to a core: over its flow and no other, or to where its Route or
 * Request-URI leads. Comes from `participating`.
 *
 * @spec PF-40 @spec PF-54 @spec GEN-30 @spec GEN-45
 */
export function sendPagerMessage({ stack, events, outside }: Deps) {
  return async (leg: sipEdge.Leg): Promise<sipEdge.LegOutcome> => {
    const { request, target } = writePagerMessage(leg, outside);
    const outcome = toLegOutcome(await stack.send(request, target, { timeoutMs: leg.timeoutMs }));
    events.legEnded(outcome.kind);
    return outcome;
  };
}
