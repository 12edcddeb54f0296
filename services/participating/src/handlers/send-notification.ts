import type { PagerMessage, Submission } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { forUser } from "../domain/addressed-user.js";
import { duplicateKeyOf } from "../domain/duplicate-key.js";
import type { MessageFacts } from "../domain/message-facts.js";
import type { Forward } from "../delivery/forward.js";
import type { OneAtATime } from "../delivery/one-at-a-time.js";
import type { OncePerMessage } from "../delivery/once-per-message.js";
import type { ReadArrival } from "../delivery/read-arrival.js";
import { refuse } from "../delivery/refuse.js";
import type { Terminate } from "../delivery/terminate.js";
import type { Events } from "../events.js";
import type { Profiles, Registrations } from "../ports.js";

interface Deps {
  readonly readArrival: ReadArrival;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly once: OncePerMessage;
  readonly oneAtATime: OneAtATime;
  readonly terminate: Terminate;
  readonly forward: Forward;
  readonly events: Pick<Events, "refused">;
}

/**
 * Sends a notification that one of our functions made: to a user of ours, or on to another network; deferred like any
 * message when its recipient is away. The same notification twice is sent once.
 *
 * Comes from `deferred-store/src/push/notifier.ts`; our own IMDN-Route is popped here like that of a device's IMDN.
 *
 * @spec PF-45 @spec PF-56 @spec PF-57 @spec DF-12 @spec DF-41 @spec DF-44
 */
export function sendNotification(deps: Deps): (message: PagerMessage) => Promise<Submission> {
  const { readArrival, once, oneAtATime, events } = deps;
  return async (made) => {
    const arrival = readArrival(made);
    if (arrival.kind === "refuse") return refuse(events, made, arrival.name, arrival.details);
    const { message, facts } = arrival;
    return once.run({
      id: message.id,
      key: duplicateKeyOf("terminating", message, facts),
      prepare: () => Promise.resolve(),
      work: () => oneAtATime.run(message.recipient, () => send(message, facts)),
    });
  };

  async function send(message: PagerMessage, facts: MessageFacts): Promise<Submission> {
    const { profiles, registrations, terminate, forward } = deps;
    const recipient = await profiles.of(message.recipient);
    switch (recipient.kind) {
      case "subscriber": {
        const { profile } = recipient;
        const reachability = await registrations.reachabilityOf(profile.aor);
        const own = forUser(message, profile.aor);
        return terminate({ message: own, facts, profile, instance: undefined, reachability });
      }
      case "foreign-domain":
        return forward(message);
      case "unknown-user":
        return refuse(events, message, "unknown-user");
      default:
        return unreachable(recipient);
    }
  }
}
