import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import { type NegotiationDeps, takeOffer } from "../sessions/negotiation.js";

type Input = z.output<typeof msrpRelay.translateOffer.input>;
type Output = z.output<typeof msrpRelay.translateOffer.output>;

/**
 * Makes an offer by one side of an anchored session into that for the other, which reaches us by `reach`: hold, resume,
 * a new path, another file, and the first offer of a session whose INVITE had none.
 *
 * @spec PF-10
 * @spec GEN-44
 */
export function translateOffer(deps: NegotiationDeps) {
  return async ({ session: id, from, offer, reach }: Input): Promise<Output> => {
    const session = deps.sessions.get(id);
    if (session === undefined) return { kind: "no-such-session" };
    const taken = await takeOffer(deps, session, { from, octets: offer, reaches: [reach] });
    if (taken.kind === "refused") return taken;
    const sent = taken.offers.get(reach);
    if (sent === undefined) throw new Error("the offer is missing");
    return { kind: "translated", description: sent.octets };
  };
}
