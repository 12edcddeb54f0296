import type { BusFailure } from "@heliograph/contracts";
import type { Counter, Metrics } from "@heliograph/telemetry";

/** What a bus counts. */
export interface BusMetrics {
  readonly requests: Counter;
  readonly failures: { readonly [failure in BusFailure]: Counter };
  readonly events: Counter;
  readonly unheard: Counter;
}

const failures = ["no-responder", "timeout", "handler-failed", "malformed", "disconnected"] as const;

/** The counters of one bus. */
export function countBus(metrics: Metrics): BusMetrics {
  return {
    requests: metrics.counter("heliograph_bus_requests_total", "Questions asked over the bus"),
    failures: metrics.countersBy(
      "heliograph_bus_failures_total",
      "Questions that got no answer, by reason",
      "failure",
      failures,
    ),
    events: metrics.counter("heliograph_bus_events_total", "Facts told over the bus"),
    unheard: metrics.counter("heliograph_bus_event_failures_total", "Facts whose listener failed"),
  };
}
