import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import { answerOpenOffer } from "../sessions/early-answer.js";
import type { NegotiationDeps } from "../sessions/negotiation.js";

type Input = z.output<typeof msrpRelay.answerForCallee.input>;
type Output = z.output<typeof msrpRelay.answerForCallee.output>;

/**
 * Answers the caller's offer before anybody is at the other end. What the caller sends waits, unanswered, for the callee
 * (`bridging/held-requests.ts`); the relay answers nothing itself.
 *
 * @spec PF-07
 */
export function answerForCallee(deps: NegotiationDeps) {
  return async ({ session: id }: Input): Promise<Output> => {
    const session = deps.sessions.get(id);
    return session === undefined ? { kind: "no-such-session" } : answerOpenOffer(deps, session);
  };
}
