import type { Legs } from "../domain/legs.js";

/** What a caller is to hear. */
interface Progress {
  readonly leg: string;
  readonly status: number;
  readonly reason: string;
}

/** Gives a caller who waits a provisional answer, each status once. Comes from `participating`. @spec PF-06 */
export function progressLeg({ legs }: { readonly legs: Legs }) {
  return ({ leg: name, status, reason }: Progress): Promise<Record<string, never>> => {
    const leg = legs.get(name);
    if (leg?.kind === "waiting" && status > 100 && status < 200) leg.progress(status, reason);
    return Promise.resolve({});
  };
}
