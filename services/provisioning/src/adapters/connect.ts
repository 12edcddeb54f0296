import { connectNatsBus } from "@heliograph/bus";
import { TimerWheel } from "@heliograph/kernel";
import { createHealthServer, type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { createTelemetry, readTelemetryConfig } from "@heliograph/telemetry";
import { readProvisioningConfig } from "../config.js";
import { createProvisioning } from "../provisioning.js";

/** Opens what the service needs as a process of its own, and starts it; `lifecycle` closes it in the other order. */
export async function connect(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const telemetry = await createTelemetry("provisioning", config.telemetry);
  const { logger, metrics, tracing } = lifecycle.own("telemetry", telemetry, (one) => one.close());
  const identity = { name: "provisioning", version: "0.1.0", description: "Admin API for domains and subscribers" };
  const clock = new TimerWheel();
  const bus = await connectNatsBus({ url: config.natsUrl, identity, clock, logger, metrics, tracing });
  lifecycle.own("bus", bus, (one) => one.drain());
  const service = createProvisioning({ bus, logger, config: config.provisioning });
  const checks = [...service.health, { name: "bus", check: () => requireConnection(bus.isConnected) }];
  const { healthHost: host, healthPort: port } = config;
  const health = await createHealthServer({ host, port, checks, metrics: () => metrics.text() });
  lifecycle.own("health", health, (server) => server.close());
  await lifecycle.own("admin API", service, (one) => one.stop()).start();
  logger.info({ adminApi: service.url }, "the admin API takes requests");
  health.started();
}

/** Reads the settings of the service as a process of its own. */
export function readProcessConfig(read: EnvReader) {
  return {
    provisioning: readProvisioningConfig(read),
    telemetry: readTelemetryConfig(read),
    natsUrl: read.string("NATS_URL", "nats://127.0.0.1:4222", "Where the services meet"),
    healthHost: read.string("HEALTH_HOST", "127.0.0.1", "Where /livez, /readyz and /metrics are served"),
    healthPort: read.integer("HEALTH_PORT", 9090, "Port of /livez, /readyz and /metrics; 0 takes a free one", {
      min: 0,
      max: 65_535,
    }),
  };
}

function requireConnection(isConnected: boolean): void {
  if (!isConnected) throw new Error("not connected to NATS");
}
