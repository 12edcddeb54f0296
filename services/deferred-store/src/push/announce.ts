import type { Queues as Marks, Registrations } from "@heliograph/state";
import type { Cause } from "../domain/deferred-message.js";
import type { Events } from "../events.js";
import type { Leases } from "../ports.js";
import type { Pusher } from "./pusher.js";

interface Deps {
  readonly marks: Pick<Marks, "mark">;
  readonly registrations: Pick<Registrations, "bindingsOf">;
  readonly leases: Pick<Leases, "schedule">;
  readonly pusher: Pick<Pusher, "wake">;
  readonly events: Events;
  /** When to try a device again that has just been silent. */
  readonly firstBackOffMs: number;
}

/**
 * Tells everybody concerned of a message that is now committed. The mark comes before the answer to the sender, whose
 * next message will find it; it comes after the commit, so that whoever clears the mark afterwards finds the message
 * when looking again (R-deferred-store-2). A repeat may come after a crash between commit and mark, and marks again.
 *
 * @spec DF-40
 */
export function announcing(deps: Deps) {
  return async (owner: string, cause: Cause): Promise<void> => {
    const { marks, events } = deps;
    await marks.mark(owner).catch((error: unknown) => events.troubled("a queue is not marked yet", error));
    setGoing(deps, owner, cause).catch((error: unknown) =>
      events.troubled("a push is left to the rounds", error),
    );
  };
}

/** The user may have registered since it was found that nobody could be reached. */
async function setGoing(deps: Deps, owner: string, cause: Cause): Promise<void> {
  const { registrations, leases, pusher, firstBackOffMs } = deps;
  switch (cause) {
    case "queue-order":
    case "too-large-for-transport":
      return pusher.wake(owner, "due");
    case "unreachable":
      return leases.schedule(owner, firstBackOffMs);
    case "offline":
      if ((await registrations.bindingsOf(owner)).length > 0) pusher.wake(owner, "due");
      return;
    case "preference":
      return;
    default:
      return cause satisfies never;
  }
}
