import type { Clock } from "@heliograph/kernel";
import type { Logger, Metrics, Tracing } from "@heliograph/telemetry";

/** What a bus needs of its process. */
export interface BusDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error" | "warn" | "info">;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}
