import { type Bus, sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { InputOf, OutputOf } from "../contract-types.js";
import { toRemoved } from "../domain/removed-bindings.js";
import type { Events } from "../events.js";
import type { Domains, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly directory: Pick<SubscriberDirectory, "remove">;
  readonly registrations: Pick<Registrations, "change">;
  readonly tellChanged: (aor?: string) => Promise<void>;
  readonly bus: Pick<Bus, "publish">;
  readonly events: Pick<Events, "removalUntold">;
}

/** Removes a user, and with the user all bindings; `participating` ends the user's sessions. @spec PF-11 */
export function removeSubscriber({ domains, directory, registrations, tellChanged, bus, events }: Deps) {
  return async (
    input: InputOf<typeof sipCore.removeSubscriber>,
  ): Promise<OutputOf<typeof sipCore.removeSubscriber>> => {
    const address = (await domains.names()).localAorOf(input.aor);
    if (!address || !(await directory.remove(address.aor))) {
      return { kind: "not-found", reason: `${input.aor} is not a subscriber` };
    }
    await tellChanged(address.aor);
    const removed = await registrations.change(address.aor, (current) => ({
      bindings: [],
      reply: current.map(toRemoved),
    }));
    const fact = { aor: address.aor, removed, isUserRemoved: true };
    await bus.publish(sipCore.registrationRemoved, {}, fact).catch(events.removalUntold);
    return { kind: "done" };
  };
}
