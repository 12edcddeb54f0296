import type { sipEdge } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { SipStack } from "@heliograph/sip";
import type { Admission } from "../domain/establish-identity.js";
import { toLegOutcome } from "../domain/leg-outcome.js";
import { wayOut } from "../domain/way-out.js";
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
 * @spec SC-08 @spec GEN-06
 */
export function forwardPagerMessage({ stack, events, outside, admission }: Deps) {
  return async (leg: sipEdge.Leg): Promise<sipEdge.LegOutcome> => {
    const outcome = await send(leg);
    events.legEnded(outcome.kind);
    return outcome;
  };

  async function send(leg: sipEdge.Leg): Promise<sipEdge.LegOutcome> {
    const options = { timeoutMs: leg.timeoutMs };
    const way = wayOut(leg.requestUri, leg.route, admission);
    switch (way.kind) {
      case "forbidden":
        return notConnected;
      case "own":
      case "dns": {
        const trusted = way.kind === "own" && leg.trusted;
        const { request, target } = writePagerMessage({ ...leg, trusted }, outside);
        return toLegOutcome(await stack.send(request, target, options));
      }
      case "neighbour": {
        const { request } = writePagerMessage({ ...leg, trusted: way.isTrusted }, outside);
        return toLegOutcome(await stack.send(request, { kind: "uri", uri: way.uri }, options));
      }
      default:
        return unreachable(way);
    }
  }
}

const notConnected: sipEdge.LegOutcome = {
  kind: "answered",
  status: 403,
  reason: "Messages To This Network Are Not Sent",
  headers: [],
};
