import type { Bus } from "@heliograph/contracts";
import type { Database } from "@heliograph/database";
import type { Chance, Clock } from "@heliograph/kernel";
import type { HealthCheck, Service } from "@heliograph/runtime";
import type { State } from "@heliograph/state";
import type { Logger, Metrics } from "@heliograph/telemetry";
import { openPorts } from "./adapters/open-ports.js";
import { compose } from "./compose.js";
import type { SipCoreConfig } from "./config.js";

/** What a process lends to the service. It stays the process's to drain and to close. */
export interface SipCoreDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly state: State;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: SipCoreConfig;
}

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
