import type { sipCore } from "@heliograph/contracts";
import type { InputOf, OutputOf } from "../contract-types.js";
import { canonicalDomainName } from "../domain/domain-names.js";
import type { Domains } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "add">;
  readonly tellChanged: (aor?: string) => Promise<void>;
}

/** Starts serving a domain. */
export function addDomain({ domains, tellChanged }: Deps) {
  return async (input: InputOf<typeof sipCore.addDomain>): Promise<OutputOf<typeof sipCore.addDomain>> => {
    const names = [input.name, ...input.aliases];
    const canonical = names.map(canonicalDomainName);
    const [name, ...aliases] = canonical.filter((name) => name !== undefined);
    const bad = names.find((_, index) => canonical[index] === undefined);
    if (bad !== undefined || name === undefined)
      return invalid(`"${bad}" is not a host name or an IP address`);
    if (new Set(canonical).size < names.length) return invalid("A name is given twice");
    if ((await domains.add({ name, aliases })) === "exists") {
      return { kind: "conflict", reason: `${name}, or one of its aliases, is served already` };
    }
    await tellChanged();
    return { kind: "done" };
  };
}

function invalid(reason: string) {
  return { kind: "invalid", reason } as const;
}
