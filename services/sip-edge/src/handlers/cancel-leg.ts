import type { Legs } from "../domain/legs.js";
import type { endLeg } from "./end-leg.js";

interface Deps {
  readonly legs: Legs;
  readonly end: ReturnType<typeof endLeg>;
}

/**
 * Cancels the INVITE of a leg, with this Reason. Where its 2xx came first, the leg is ended: nobody wants it any more.
 * Comes from `participating`.
 *
 * @spec GEN-17 @spec GEN-40 @spec PF-06
 */
export function cancelLeg({ legs, end }: Deps): ReturnType<typeof endLeg> {
  return (ending) => (legs.get(ending.leg)?.kind === "waiting" ? Promise.resolve({}) : end(ending));
}
