import type { RingingLegs } from "../sessions/ringing-legs.js";

interface Deps {
  readonly ringing: Pick<RingingLegs, "missing" | "node">;
}

/**
 * Tells for which legs this process does not ring (any more).
 *
 * Comes from `participating/src/handlers/sweep-conversations.ts` of any process.
 *
 * @spec PF-07
 */
export function checkRinging({ ringing }: Deps) {
  return async ({ legs }: { readonly legs: readonly string[] }) => ({
    incarnation: ringing.node,
    missing: ringing.missing(legs),
  });
}
