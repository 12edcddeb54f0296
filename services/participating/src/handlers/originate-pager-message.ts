import type { PagerMessage, Submission } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { addressedUser, forUser } from "../domain/addressed-user.js";
import { decideOrigination, type Party, type Subscriber } from "../domain/decide-origination.js";
import { duplicateKeyOf } from "../domain/duplicate-key.js";
import type { MessageFacts } from "../domain/message-facts.js";
import type { PagerLimits } from "../domain/pager-limits.js";
import type { Forward } from "../delivery/forward.js";
import type { OncePerMessage } from "../delivery/once-per-message.js";
import type { ReadArrival } from "../delivery/read-arrival.js";
import { refuse } from "../delivery/refuse.js";
import type { TakeTurn } from "../delivery/take-turn.js";
import type { Terminate } from "../delivery/terminate.js";
import type { Events } from "../events.js";
import type { Profiles, Registrations } from "../ports.js";

interface Deps {
  readonly readArrival: ReadArrival;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly takeTurn: TakeTurn;
  readonly once: OncePerMessage;
  readonly terminate: Terminate;
  readonly forward: Forward;
  readonly events: Pick<Events, "refused">;
  readonly limits: PagerLimits;
}

/**
 * Takes a message from a user whom we serve.
 *
 * Comes from `sip-edge/src/handlers/receive-message.ts`; goes on to the terminating half here, or to
 * `sip-edge/src/handlers/forward-pager-message.ts`.
 *
 * @spec PF-01 @spec PF-02 @spec PF-05
 */
export function originatePagerMessage(deps: Deps): (message: PagerMessage) => Promise<Submission> {
  const { readArrival, profiles, once, terminate, forward, events, limits } = deps;
  return async (received) => {
    const arrival = readArrival(received);
    if (arrival.kind === "refuse") return refuse(events, received, arrival.name, arrival.details);
    const { message, facts } = arrival;
    const [sender, recipient] = await partiesOf(profiles, message);
    const decision = decideOrigination({ message, facts, sender, recipient, limits });
    switch (decision.kind) {
      case "refuse":
        return refuse(events, message, decision.name, decision.details);
      case "forward":
        return once.run({
          ...attemptAt(message, facts),
          prepare: () => turn(message),
          work: (start) => start(() => forward(message)),
        });
      case "terminate":
        return handOver(message, facts, decision.recipient);
      default:
        return unreachable(decision);
    }
  };

  function handOver(received: PagerMessage, facts: MessageFacts, recipient: Subscriber): Promise<Submission> {
    const { profile, instance } = addressedUser(recipient, received.requestUri);
    const message = forUser(received, profile.aor);
    return once.run({
      ...attemptAt(message, facts),
      prepare: () => Promise.all([turn(message), deps.registrations.reachabilityOf(profile.aor)]),
      work: ([start, reachability]) =>
        start(() => terminate({ message, facts, profile, instance, reachability })),
    });
  }

  function turn(message: PagerMessage) {
    return deps.takeTurn(message, { isRateLimited: true });
  }
}

function attemptAt(message: PagerMessage, facts: MessageFacts) {
  return { id: message.id, key: duplicateKeyOf("originating", message, facts) };
}

/** Waits only for what is not known already. */
function partiesOf(
  profiles: Profiles,
  { sender, recipient }: PagerMessage,
): readonly [Party, Party] | Promise<[Party, Party]> {
  const from = profiles.of(sender.aor);
  const to = profiles.of(recipient);
  return from instanceof Promise || to instanceof Promise ? Promise.all([from, to]) : [from, to];
}
