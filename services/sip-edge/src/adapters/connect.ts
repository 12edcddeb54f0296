import { connectNatsBus } from "@heliograph/bus";
import { TimerWheel } from "@heliograph/kernel";
import { createHealthServer, type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { createTelemetry, readTelemetryConfig } from "@heliograph/telemetry";
import { createSipEdge } from "../compose.js";
import { readConfig } from "../config.js";
import { observeStack } from "./observe-stack.js";
import { stackOptions } from "./stack-options.js";

/** Opens what the edge needs as a process of its own, and starts it; `lifecycle` closes it in the other order. */
export async function connect(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const clock = new TimerWheel();
  const chance = new PooledChance();
  const telemetry = lifecycle.own("telemetry", await createTelemetry("sip-edge", config.telemetry), (one) => one.close());
  const { logger, metrics, tracing } = telemetry;
  const identity = { name: "sip-edge", version: "0.1.0", description: "SIP from and to clients, cores and networks" };
  const bus = lifecycle.own(
    "bus",
    await connectNatsBus({ url: config.natsUrl, identity, clock, logger, metrics, tracing }),
    (one) => one.drain(),
  );
  const stack = createSipStack({ ...(await stackOptions(config.edge)), clock, chance });
  observeStack(stack, metrics);
  const edge = createSipEdge({ bus, stack, clock, chance, telemetry, config: config.edge });
  const checks = [...edge.health, { name: "bus", check: () => requireConnection(bus.isConnected) }];
  const health = lifecycle.own(
    "health",
    await createHealthServer({ host: config.healthHost, port: config.healthPort, checks, metrics: () => metrics.text() }),
    (server) => server.close(),
  );
  await lifecycle.own("edge", edge, (one) => one.stop()).start();
  health.started();
}

/** Reads the settings of the edge as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return {
    edge: readConfig(read),
    telemetry: readTelemetryConfig(read),
    natsUrl: read.string("NATS_URL", "nats://127.0.0.1:4222", "Where the services meet"),
    healthHost: read.string("HEALTH_HOST", "127.0.0.1", "Where /livez, /readyz and /metrics are served"),
    healthPort: read.integer("HEALTH_PORT", 9090, "Port of /livez, /readyz and /metrics; 0 takes a free one", { min: 0, max: 65_535 }),
  };
}

function requireConnection(isConnected: boolean): void {
  if (!isConnected) throw new Error("not connected to NATS");
}
