import type { LegLeases } from "../domain/leg-leases.js";
import type { Legs } from "../domain/legs.js";

interface Deps {
  readonly legs: Pick<Legs, "get">;
  readonly leases: Pick<LegLeases, "renew">;
}

/**
 * Somebody still works on these legs, which have no final answer yet. Tells which are not here (any more).
 *
 * Comes from `participating/src/handlers/renew-legs.ts`.
 *
 * @spec GEN-14 @spec PF-06
 */
export function renewLegs({ legs, leases }: Deps) {
  return ({ legs: names }: { readonly legs: readonly string[] }): Promise<{ missing: string[] }> => {
    for (const name of names) leases.renew(name);
    return Promise.resolve({ missing: names.filter((name) => !legs.get(name)) });
  };
}
