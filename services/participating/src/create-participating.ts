import type { Bus } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Service } from "@heliograph/runtime";
import type { State } from "@heliograph/state";
import type { Logger, Metrics } from "@heliograph/telemetry";
import { nodeInflater } from "./adapters/node-inflater.js";
import { type Composed, compose } from "./compose.js";
import type { Config } from "./config.js";
import { createEvents } from "./events.js";

/** What the process lends the service; it opens nothing itself. */
export interface ParticipatingDeps {
  readonly bus: Bus;
  readonly state: Pick<
    State,
    "registrations" | "recentMessages" | "rateLimits" | "conversations" | "isHealthy"
  >;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "debug" | "info" | "warn" | "error">;
  readonly config: Config;
}

/** The Participating IM Function, pager and session part. @spec PF-01 */
export function createParticipating(deps: ParticipatingDeps): Service {
  const { bus, state, clock, chance, metrics, logger, config } = deps;
  let composed: Composed | undefined;
  return {
    async start() {
      const events = createEvents(metrics, logger);
      composed = await compose({ bus, ...state, clock, chance, events, inflater: nodeInflater }, config);
    },
    async stop() {
      await composed?.settled();
    },
    health: [
      {
        name: "live state",
        async check() {
          if (!(await state.isHealthy())) throw new Error("live state is out of reach");
        },
      },
    ],
  };
}
