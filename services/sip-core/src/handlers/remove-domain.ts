import type { sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { Domains } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "remove">;
  readonly tellChanged: (aor?: string) => Promise<void>;
}

/** Stops serving a domain that has no subscribers. */
export function removeDomain({ domains, tellChanged }: Deps) {
  return async (
    input: InputOf<typeof sipCore.removeDomain>,
  ): Promise<OutputOf<typeof sipCore.removeDomain>> => {
    const name = input.name.toLowerCase();
    const outcome = await domains.remove(name);
    switch (outcome) {
      case "removed":
        await tellChanged();
        return { kind: "done" };
      case "not found":
        return { kind: "not-found", reason: `${name} is not served` };
      case "has subscribers":
        return { kind: "conflict", reason: `${name} has subscribers: remove them first` };
      default:
        return unreachable(outcome);
    }
  };
}
