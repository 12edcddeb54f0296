import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import { type NegotiationDeps, takeAnswer } from "../sessions/negotiation.js";

type Input = z.output<typeof msrpRelay.translateAnswer.input>;
type Output = z.output<typeof msrpRelay.translateAnswer.output>;

/**
 * Makes an answer by one side, which reaches us by `reach`, into that for the other, and lets the media flow. A middlebox
 * on the way that knows no CEMA makes us offer again without it.
 *
 * @spec PF-08
 * @spec PF-09
 */
export function translateAnswer(deps: NegotiationDeps) {
  return async ({ session: id, from, answer, reach }: Input): Promise<Output> => {
    const session = deps.sessions.get(id);
    if (session === undefined) return { kind: "no-such-session" };
    return takeAnswer(deps, session, { from, octets: answer, reach });
  };
}
