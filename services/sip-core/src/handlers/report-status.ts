import type { sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { OutputOf } from "../contract-types.js";
import type { Domains, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly directory: Pick<SubscriberDirectory, "count">;
  readonly domains: Pick<Domains, "list">;
  readonly registrations: Pick<Registrations, "countUsers">;
}

/** How many there are of what a registrar keeps. */
export function reportStatus({ directory, domains, registrations }: Deps) {
  return async (): Promise<OutputOf<typeof sipCore.reportStatus>> => {
    const [subscribers, served, registeredUsers] = await Promise.all([
      directory.count(),
      domains.list(),
      registrations.countUsers(),
    ]);
    return { subscribers, domains: served.length, registeredUsers };
  };
}
