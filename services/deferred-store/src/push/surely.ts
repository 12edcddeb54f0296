import type { Clock } from "@heliograph/kernel";
import type { Events } from "../events.js";

interface Deps {
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "troubled">;
}

/** A device has decided: that is worth remembering even when Postgres is away for a while. */
export async function surely(
  { clock, events }: Deps,
  mayGoOn: () => boolean,
  write: () => Promise<void>,
): Promise<void> {
  for (let waitMs = 250; ; waitMs *= 2) {
    try {
      return await write();
    } catch (error) {
      if (!mayGoOn() || waitMs > 30_000) throw error;
      events.troubled("the outcome of a push is not written yet", error);
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    }
  }
}
