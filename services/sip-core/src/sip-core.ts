import type { HealthCheck, Service } from "@heliograph/runtime";
import { openPorts } from "./adapters/open-ports.js";
import { compose } from "./compose.js";
import type { SipCoreDeps } from "./sip-core-deps.js";

/** The registrar and keeper of credentials, where no IMS core is. @spec SC-01 @spec SC-11 */
export function createSipCore(deps: SipCoreDeps): Service {
  const { database, state } = deps;
  const health: HealthCheck[] = [
    { name: "postgres", check: () => demand(database.isHealthy(), "Postgres does not answer") },
    { name: "live state", check: () => demand(state.isHealthy(), "live state is out of reach") },
  ];
  return {
    health,
    start: async () => compose(await openPorts(deps), deps.config),
    stop: () => Promise.resolve(),
  };
}

async function demand(isHealthy: Promise<boolean>, complaint: string): Promise<void> {
  if (!(await isHealthy)) throw new Error(complaint);
}
