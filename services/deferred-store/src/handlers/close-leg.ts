import type { Legs } from "../legs/legs.js";

/** The conversation of a leg is over: what has not come whole by now is given up. @spec DF-05 */
export function closeLeg({ legs }: { readonly legs: Pick<Legs, "close"> }) {
  return async ({ leg }: { readonly leg: string }): Promise<Record<string, never>> => {
    legs.close(leg);
    return {};
  };
}
