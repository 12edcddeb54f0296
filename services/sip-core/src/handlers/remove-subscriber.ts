import type { sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { Domains, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly directory: Pick<SubscriberDirectory, "remove">;
  readonly registrations: Pick<Registrations, "change">;
  readonly tellChanged: (aor?: string) => Promise<void>;
}

/** Removes a user, and with the user all bindings. */
export function removeSubscriber({ domains, directory, registrations, tellChanged }: Deps) {
  return async (
    input: InputOf<typeof sipCore.removeSubscriber>,
  ): Promise<OutputOf<typeof sipCore.removeSubscriber>> => {
    const address = (await domains.names()).localAorOf(input.aor);
    if (!address || !(await directory.remove(address.aor))) {
      return { kind: "not-found", reason: `${input.aor} is not a subscriber` };
    }
    await tellChanged(address.aor);
    await registrations.change(address.aor, () => ({ bindings: [], reply: undefined }));
    return { kind: "done" };
  };
}
