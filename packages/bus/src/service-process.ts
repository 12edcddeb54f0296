import { randomBytes } from "node:crypto";
import { type Chance, type Clock, TimerWheel } from "@heliograph/kernel";
import {
  createHealthServer,
  type EnvReader,
  type HealthCheck,
  type Lifecycle,
  type Service,
} from "@heliograph/runtime";
import {
  createTelemetry,
  readTelemetryConfig,
  type Telemetry,
  type TelemetryConfig,
} from "@heliograph/telemetry";
import { connectNatsBus, type NatsBus } from "./nats-bus.js";
import type { MicroIdentity } from "./nats-micro.js";

/** Where the health server listens. */
export interface HealthConfig {
  readonly host: string;
  readonly port: number;
}

/** What every service needs to be told when it is a process of its own. */
export interface ServiceProcessConfig {
  readonly telemetry: TelemetryConfig;
  readonly health: HealthConfig;
  readonly natsUrl: string;
}

/** What a process lends to its service. */
export interface ServiceProcess {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Telemetry;
  readonly bus: NatsBus;
  /** Starts the service, answers for its health, and stops it first when the process ends. */
  readonly run: (service: Service) => Promise<void>;
}

/** Reads where /livez, /readyz and /metrics are served. */
export function readHealthConfig(read: EnvReader): HealthConfig {
  return {
    host: read.string("HEALTH_HOST", "127.0.0.1", "Where /livez, /readyz, /startupz and /metrics are served"),
    port: read.integer("HEALTH_PORT", 9090, "Port of the health endpoints; 0 takes a free one", {
      min: 0,
      max: 65_535,
    }),
  };
}

/** Reads what a service needs when it is a process of its own. */
export function readServiceProcessConfig(read: EnvReader): ServiceProcessConfig {
  return {
    telemetry: readTelemetryConfig(read),
    health: readHealthConfig(read),
    natsUrl: read.secret(
      "NATS_URL",
      "nats://127.0.0.1:4222",
      "Where the services meet: nats://user:password@host:port",
    ),
  };
}

/** Opens telemetry and the bus of a process; `lifecycle` closes them after the service has stopped. */
export async function openServiceProcess(
  identity: MicroIdentity,
  config: ServiceProcessConfig,
  lifecycle: Lifecycle,
): Promise<ServiceProcess> {
  const clock = new TimerWheel();
  const telemetry = lifecycle.own(
    "telemetry",
    await createTelemetry(identity.name, config.telemetry),
    (opened) => opened.close(),
  );
  const { logger, metrics, tracing } = telemetry;
  const bus = lifecycle.own(
    "bus",
    await connectNatsBus({ url: config.natsUrl, identity, clock, logger, metrics, tracing }),
    (opened) => opened.drain(),
  );
  const run = async (service: Service): Promise<void> => {
    const checks = [...service.health, busCheck(bus)];
    const health = lifecycle.own(
      "health server",
      await createHealthServer({ ...config.health, checks, metrics: () => metrics.text() }),
      (opened) => opened.close(),
    );
    lifecycle.own(identity.name, service, (started) => started.stop());
    lifecycle.own("readiness", health, (server) => server.draining());
    await service.start();
    health.started();
    lifecycle.own("log", logger, () => logger.info("stopping: no new work, what is in hand is finished"));
    logger.info({ health: `http://${config.health.host}:${health.port}` }, "ready");
  };
  return { clock, chance, telemetry, bus, run };
}

const chance: Chance = { token: (bytes) => randomBytes(bytes).toString("hex") };

function busCheck(bus: NatsBus): HealthCheck {
  return {
    name: "bus",
    check: () => {
      if (!bus.isConnected) throw new Error("not connected to NATS");
    },
  };
}
