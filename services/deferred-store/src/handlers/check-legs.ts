import type { deferredStore } from "@heliograph/contracts";
import type { z } from "zod";
import type { Legs } from "../legs/legs.js";

type Output = z.output<typeof deferredStore.checkLegs.output>;

/** Says which legs are not here, for those who keep conversations. @spec PF-11 */
export function checkLegs({ legs }: { readonly legs: Pick<Legs, "missingOf" | "incarnation"> }) {
  return async ({ legs: names }: { readonly legs: readonly string[] }): Promise<Output> => ({
    incarnation: legs.incarnation,
    missing: legs.missingOf(names),
  });
}
