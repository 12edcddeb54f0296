import type { sipCore } from "@heliograph/contracts";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { Domains, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly directory: Pick<SubscriberDirectory, "change">;
  readonly tellChanged: (aor?: string) => Promise<void>;
}

/** Changes settings of a user; caches forget the user at once. @spec PF-07 */
export function changeSubscriber({ domains, directory, tellChanged }: Deps) {
  return async (
    input: InputOf<typeof sipCore.changeSubscriber>,
  ): Promise<OutputOf<typeof sipCore.changeSubscriber>> => {
    const address = (await domains.names()).localAorOf(input.aor);
    if (!address || !(await directory.change(address.aor, input))) {
      return { kind: "not-found", reason: `${input.aor} is not a subscriber` };
    }
    await tellChanged(address.aor);
    return { kind: "done" };
  };
}
