import type { Legs } from "../domain/legs.js";

interface Deps {
  readonly legs: Legs;
  readonly incarnation: string;
}

/** Which legs are here no more. A leg of another incarnation of this node never is. Comes from `participating`. @spec PF-11 */
export function checkLegs({ legs, incarnation }: Deps) {
  return ({ legs: names }: { readonly legs: readonly string[] }) =>
    Promise.resolve({ incarnation, missing: names.filter((name) => !legs.get(name)) });
}
