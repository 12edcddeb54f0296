import { join } from "node:path";
import { TimerWheel } from "@heliograph/kernel";
import {
  createHealthServer,
  type Env,
  type HealthCheck,
  keptSecret,
  type Lifecycle,
  loadConfig,
} from "@heliograph/runtime";
import type { ListeningPoint } from "@heliograph/sip";
import { stackOptions } from "@heliograph/sip-edge";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { createTelemetry } from "@heliograph/telemetry";
import colours from "picocolors";
import { openBus, openState, openStore } from "./adapters/open-parts.js";
import { compose, type Ground, type Suite } from "./compose.js";
import { type AllInOneConfig, readAllInOneConfig } from "./config.js";
import { addDemoUsers, removeDemoUsers } from "./demo-users.js";
import { decideDemo, demoUsers } from "./domain/demo.js";
import { formatGreeting } from "./domain/greeting.js";

/** A service that runs, in figures and in words. */
export interface AllInOne {
  readonly points: readonly ListeningPoint[];
  readonly adminUrl: string;
  readonly healthUrl: string;
  /** What a newcomer wants to know. */
  readonly greeting: string;
}

/** Starts every service in this process; `lifecycle` stops them, the door first. */
export async function startAllInOne(env: Env, lifecycle: Lifecycle): Promise<AllInOne> {
  const startedAtMs = performance.now();
  const config = withAdminKey(loadConfig(env, readAllInOneConfig));
  const { ground, names, checks } = await openGround(config, lifecycle);
  const suite = compose(ground, config);
  const health = await openHealth(config, { ground, checks: [...checks, ...checksOf(suite)], lifecycle });
  const hasDemo = await startSuite(suite, ground, { config, lifecycle });
  lifecycle.own("readiness", health, (server) => server.draining());
  health.started();
  const { logger } = ground.telemetry;
  lifecycle.own("log", logger, () => logger.info("stopping: no new work, what is in hand is finished"));
  const healthUrl = `http://${config.health.host}:${health.port}`;
  const points = ground.stack.listeningPoints;
  const adminUrl = suite.provisioning.url;
  const greeting = formatGreeting(
    {
      ...names,
      points,
      mediaPoints: suite.msrpRelay.points,
      adminUrl,
      healthUrl,
      adminKeyFile:
        env["ADMIN_API_KEY"] || env["ADMIN_API_KEY_FILE"] ? undefined : adminKeyFile(config.dataDir),
      demoUsers: hasDemo ? demoUsers : [],
      tookMs: performance.now() - startedAtMs,
    },
    colours,
  );
  return { points, adminUrl, healthUrl, greeting };
}

/** Where the command line looks for the key. */
const adminKeyFile = (dataDir: string): string => join(dataDir, "admin-key");

function withAdminKey(config: AllInOneConfig): AllInOneConfig {
  const apiKey = config.provisioning.apiKey || keptSecret(adminKeyFile(config.dataDir));
  return { ...config, provisioning: { ...config.provisioning, apiKey } };
}

async function openGround(config: AllInOneConfig, lifecycle: Lifecycle) {
  const telemetry = lifecycle.own(
    "telemetry",
    await createTelemetry("all-in-one", config.telemetry),
    (opened) => opened.close(),
  );
  const clock = new TimerWheel();
  const chance = new PooledChance();
  const opening = { clock, telemetry, lifecycle };
  const [database, state, stack] = await Promise.all([
    openStore(config.databaseUrl, config.dataDir, opening),
    openState(config.redisUrl, opening),
    stackOptions(config.sipEdge).then((options) => createSipStack({ ...options, clock, chance })),
  ]);
  const bus = await openBus(config.natsUrl, opening);
  const ground: Ground = {
    bus: bus.part,
    database: database.part,
    state: state.part,
    stack,
    clock,
    chance,
    telemetry,
  };
  return {
    ground,
    names: { bus: bus.name, state: state.name, database: database.name },
    checks: bus.check ? [bus.check] : [],
  };
}

/** One check a name: several services ask for the same Postgres. */
function checksOf(suite: Suite): readonly HealthCheck[] {
  const checks = Object.values(suite).flatMap((service) => service.health);
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

interface HealthParts {
  readonly ground: Ground;
  readonly checks: readonly HealthCheck[];
  readonly lifecycle: Lifecycle;
}

async function openHealth({ health }: AllInOneConfig, { ground, checks, lifecycle }: HealthParts) {
  const { metrics } = ground.telemetry;
  const server = await createHealthServer({ ...health, checks, metrics: () => metrics.text() });
  return lifecycle.own("health server", server, (opened) => opened.close());
}

interface Starting {
  readonly config: AllInOneConfig;
  readonly lifecycle: Lifecycle;
}

/** Starts the services in order; the demo users are there before the door opens. Tells whether there are any. */
async function startSuite(
  suite: Suite,
  { bus, telemetry }: Ground,
  { config, lifecycle }: Starting,
): Promise<boolean> {
  const { sipEdge, ...behindTheDoor } = suite;
  for (const [name, service] of Object.entries(behindTheDoor)) {
    lifecycle.own(name, service, (started) => started.stop());
    await service.start();
  }
  const hasDemo = decideDemo({
    isWanted: config.wantsDemoUsers,
    isAllEmbedded: [config.natsUrl, config.redisUrl, config.databaseUrl].every((url) => url === undefined),
    addresses: config.sipEdge.listen.map(({ address }) => address),
  });
  if (hasDemo) await addDemoUsers(bus, config.dataDir);
  else if (await removeDemoUsers(bus, config.dataDir))
    telemetry.logger.warn("removed the demo users: their passwords are known");
  lifecycle.own("sipEdge", sipEdge, (started) => started.stop());
  await sipEdge.start();
  return hasDemo;
}
