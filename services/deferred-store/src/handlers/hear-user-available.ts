import type { Queues as Marks } from "@heliograph/state";
import type { Pusher } from "../push/pusher.js";

interface Deps {
  readonly marks: Pick<Marks, "marked">;
  readonly pusher: Pick<Pusher, "wake">;
}

/** A user has registered: what waits goes out. Most have nothing waiting, and cost one look at the mark. @spec DF-34 */
export function hearUserAvailable({ marks, pusher }: Deps) {
  return async ({ aor }: { readonly aor: string }): Promise<void> => {
    if (await marks.marked(aor)) pusher.wake(aor, "registered");
  };
}
