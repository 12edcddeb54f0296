import { type Binding, type Bus, BusError, type PagerMessage, sipEdge } from "@heliograph/contracts";
import { toRoute } from "../domain/core-route.js";

/** Sends a message over one flow. Never rejects: what fails is an outcome. */
export type SendLeg = (
  flow: Binding,
  message: PagerMessage,
  timeoutMs: number,
) => Promise<sipEdge.LegOutcome>;

/** One leg, by the edge node that has the flow. A node that is gone is an unreachable device. @spec PF-40 @spec GEN-30 */
export function sendLeg(bus: Pick<Bus, "request">): SendLeg {
  return async (flow, message, timeoutMs) => {
    try {
      return await bus.request(
        sipEdge.sendPagerMessage,
        { node: flow.node },
        toLeg(flow, message, timeoutMs),
      );
    } catch (error) {
      return {
        kind: "unreachable",
        reason: `edge node: ${error instanceof BusError ? error.failure : "failed"}`,
      };
    }
  };
}

/** A device is asked at its contact; a core under the address of record, and with the asserted identity. @spec GEN-06 @spec GEN-25 */
function toLeg(flow: Binding, message: PagerMessage, timeoutMs: number): sipEdge.Leg {
  if (flow.kind === "core") {
    return { message, requestUri: message.requestUri, route: toRoute(flow), trusted: true, timeoutMs };
  }
  const { contact: requestUri, path: route, flowId } = flow;
  return { message, requestUri, route, ...(flowId !== undefined && { flowId }), trusted: false, timeoutMs };
}
