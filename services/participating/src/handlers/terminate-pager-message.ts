import type { PagerMessage, Submission } from "@heliograph/contracts";
import { addressedUser, forUser } from "../domain/addressed-user.js";
import { duplicateKeyOf } from "../domain/duplicate-key.js";
import { checkLimits, type PagerLimits } from "../domain/pager-limits.js";
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
 * Takes a message for a user whom we serve, from another network or by a core's terminating trigger.
 *
 * Comes from `sip-edge/src/handlers/receive-message.ts`.
 *
 * @spec PF-01 @spec PF-02 @spec PF-24 @spec SC-08 @spec R-participating-8
 */
export function terminatePagerMessage(deps: Deps): (message: PagerMessage) => Promise<Submission> {
  const { readArrival, profiles, once, takeTurn, terminate, forward, events, limits } = deps;
  return async (received) => {
    const arrival = readArrival(received);
    if (arrival.kind === "refuse") return refuse(events, received, arrival.name, arrival.details);
    const { message, facts, isRerouted } = arrival;
    const refused = checkLimits(message, facts, limits);
    if (refused) return refuse(events, message, refused.name, refused.details);
    const recipient = await profiles.of(message.recipient);
    const attempt = { id: message.id, key: duplicateKeyOf("terminating", message, facts) };
    const turn = () => takeTurn(message, { isRateLimited: message.sender.kind !== "local" });
    if (recipient.kind === "foreign-domain" && isRerouted) {
      // What a stranger writes into IMDN-Route is no reason to relay between other networks.
      if (message.sender.kind === "claimed") return refuse(events, message, "no-relay");
      return once.run({ ...attempt, prepare: turn, work: (start) => start(() => forward(message)) });
    }
    if (recipient.kind !== "subscriber") return refuse(events, message, "unknown-user");
    const { profile, instance } = addressedUser(recipient, message.requestUri);
    const own = forUser(message, profile.aor);
    return once.run({
      ...attempt,
      prepare: () => Promise.all([turn(), deps.registrations.reachabilityOf(profile.aor)]),
      work: ([start, reachability]) =>
        start(() => terminate({ message: own, facts, profile, instance, reachability })),
    });
  };
}
