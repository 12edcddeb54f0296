import type { sipCore } from "@heliograph/contracts";
import type { OutputOf } from "../contract-types.js";
import type { Domains } from "../ports.js";

/** Names the domains that are served. */
export function listDomains({ domains }: { readonly domains: Pick<Domains, "list"> }) {
  return async (): Promise<OutputOf<typeof sipCore.listDomains>> => ({
    domains: [...(await domains.list())],
  });
}
