import type { Bus } from "@heliograph/contracts";
import type { Database } from "@heliograph/database";
import type { Chance, Clock } from "@heliograph/kernel";
import type { State } from "@heliograph/state";
import type { Logger, Metrics } from "@heliograph/telemetry";
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
