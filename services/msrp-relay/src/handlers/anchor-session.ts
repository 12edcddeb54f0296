import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import type { Events } from "../events.js";
import { type NegotiationDeps, takeOffer } from "../sessions/negotiation.js";
import type { SentOffer } from "../sessions/session.js";

interface Deps extends NegotiationDeps {
  readonly node: string;
  readonly incarnation: string;
  readonly events: Pick<Events, "anchored" | "anchorRefused">;
}

type Input = z.output<typeof msrpRelay.anchorSession.input>;
type Output = z.output<typeof msrpRelay.anchorSession.output>;

const reaches = ["tcp", "tls", "ws"] as const;

/**
 * Puts the relay between both ends of a new session. With an offer of the caller, gives what to offer the callee by each
 * way in which it may reach us; whichever of its devices answers first has the session. Without one the session waits
 * for the offer of the callee.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec GEN-44
 */
export function anchorSession(deps: Deps) {
  return async ({ conversation, offer, policy }: Input): Promise<Output> => {
    const { sessions, events, node, incarnation } = deps;
    const session = sessions.create(conversation, policy);
    if (session === undefined) {
      events.anchorRefused(503);
      return { kind: "refused", status: 503, reason: "Service Unavailable" };
    }
    const anchor = { node, incarnation, session: session.id };
    if (offer === undefined) {
      events.anchored();
      return { kind: "anchored", anchor };
    }
    const taken = await takeOffer(deps, session, { from: "caller", octets: offer, reaches });
    if (taken.kind === "refused") {
      sessions.close(session.id);
      events.anchorRefused(taken.status);
      return taken;
    }
    events.anchored();
    const octetsFor = (reach: msrpRelay.Reach) => octetsOf(taken.offers.get(reach));
    const offers = { tcp: octetsFor("tcp"), tls: octetsFor("tls"), ws: octetsFor("ws") };
    return { kind: "anchored", anchor, offers };
  };
}

function octetsOf(sent: SentOffer | undefined): Uint8Array {
  if (sent === undefined) throw new Error("an offer is missing");
  return sent.octets;
}
