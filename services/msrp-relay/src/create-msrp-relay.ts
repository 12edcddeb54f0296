import type { Bus } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import { createMsrpConnections, type MsrpListeningPoint } from "@heliograph/msrp-stack";
import type { Service } from "@heliograph/runtime";
import { advertisedPoints } from "./adapters/advertised-points.js";
import { connectionOptions } from "./adapters/connection-options.js";
import { SystemNames } from "./adapters/system-names.js";
import { type Composed, compose } from "./compose.js";
import type { Config } from "./config.js";
import { type Reporting, reportEvents } from "./events.js";

/** What the process lends the relay. */
export interface MsrpRelayDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Reporting;
  readonly config: Config;
}

/** The relay, and where it listens once it has started. */
export interface MsrpRelay extends Service {
  readonly points: readonly MsrpListeningPoint[];
}

/** The MSRP relay of the deployment: sockets, sessions and the bus. @spec PF-08 */
export function createMsrpRelay(deps: MsrpRelayDeps): MsrpRelay {
  const { clock, chance, telemetry, config } = deps;
  const events = reportEvents(telemetry);
  let composed: Composed | undefined;
  return {
    get points() {
      return composed?.connections.listeningPoints ?? [];
    },
    async start() {
      const onException = (cause: unknown) => events.broken("a connection had to be given up", cause);
      const options = await connectionOptions(config, { clock, chance, onException });
      const connections = createMsrpConnections(options);
      await connections.start();
      const points = advertisedPoints(connections.listeningPoints, config.names);
      const names = new SystemNames(clock);
      composed = await compose({ ...deps, events, connections, points, names });
      events.listening(connections.listeningPoints);
    },
    async stop() {
      if (composed === undefined) return;
      composed.sweeper.stop();
      await drained(composed, clock, config.limits.drainMs);
      composed.sessions.stop();
      composed.grants.stop();
      await composed.connections.stop();
      composed.answers.stop();
    },
    health: [],
  };
}

/** Sessions are told to be lost, and have so long to move or end; connections stay meanwhile. */
async function drained({ sessions, connections }: Composed, clock: Clock, ms: number): Promise<void> {
  await connections.stopListening();
  sessions.drain();
  await new Promise<void>((resolve) => {
    const look = (leftMs: number): void => {
      if (sessions.size === 0 || leftMs <= 0) resolve();
      else clock.after(drainStepMs, () => look(leftMs - drainStepMs));
    };
    look(ms);
  });
}

const drainStepMs = 50;
