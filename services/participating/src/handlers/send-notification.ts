import type { PagerMessage, Submission } from "@heliograph/contracts";
import type { Inflater } from "@heliograph/im-bodies";
import { duplicateKeyOf } from "../domain/duplicate-key.js";
import { type MessageFacts, readFacts } from "../domain/message-facts.js";
import type { Forward } from "../delivery/forward.js";
import type { OneAtATime } from "../delivery/one-at-a-time.js";
import type { OncePerMessage } from "../delivery/once-per-message.js";
import { refuse } from "../delivery/refuse.js";
import type { Terminate } from "../delivery/terminate.js";
import type { Events } from "../events.js";
import type { Profiles, Registrations } from "../ports.js";

interface Deps {
  readonly inflater: Inflater;
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
 * Comes from `deferred-store`, and from here when a message was stored.
 *
 * @spec PF-56 @spec DF-41 @spec DF-44
 */
export function sendNotification(deps: Deps): (message: PagerMessage) => Promise<Submission> {
  const { inflater, once, oneAtATime, events } = deps;
  return async (message) => {
    const facts = readFacts(message, inflater);
    if (!facts.ok) return refuse(events, message, facts.error.name);
    return once.run({
      id: message.id,
      key: duplicateKeyOf("terminating", message, facts.value),
      prepare: () => Promise.resolve(),
      work: () => oneAtATime.run(message.recipient, () => send(message, facts.value)),
    });
  };

  async function send(message: PagerMessage, facts: MessageFacts): Promise<Submission> {
    const { profiles, registrations, terminate, forward } = deps;
    const recipient = await profiles.of(message.recipient);
    switch (recipient.kind) {
      case "subscriber": {
        const reachability = await registrations.reachabilityOf(message.recipient);
        return terminate({ message, facts, profile: recipient.profile, reachability });
      }
      case "foreign-domain":
        return forward(message);
      case "unknown-user":
        return refuse(events, message, "unknown-user");
    }
  }
}
