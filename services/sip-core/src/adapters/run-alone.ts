import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { openDatabase } from "@heliograph/database";
import { type Env, type EnvReader, type Lifecycle, loadConfig, required } from "@heliograph/runtime";
import { connectRedisState } from "@heliograph/state";
import { readSipCoreConfig } from "../config.js";
import { createSipCore } from "../sip-core.js";

const identity = { name: "sip-core", version: "0.1.0", description: "Registrar, credentials, location" };

/** Opens what the service needs as a process of its own, and starts it. */
export async function runAlone(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const { clock, chance, telemetry, bus, run } = await openServiceProcess(
    identity,
    config.process,
    lifecycle,
  );
  const { logger, metrics } = telemetry;
  const onLostConnection = (error: Error) => logger.warn({ err: error }, "lost a connection to Postgres");
  const opened = openDatabase({ url: config.databaseUrl, applicationName: identity.name, onLostConnection });
  const database = lifecycle.own("database", opened, (one) => one.close());
  const state = lifecycle.own("live state", await connectRedisState(config.redisUrl, { clock }), (one) =>
    one.close(),
  );
  await run(createSipCore({ bus, database, state, clock, chance, logger, metrics, config: config.service }));
}

/** Reads the settings of the service as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return {
    service: readSipCoreConfig(read),
    process: readServiceProcessConfig(read),
    databaseUrl: read.secret(
      "DATABASE_URL",
      required,
      "Postgres: postgres://user:password@host:port/database",
    ),
    redisUrl: read.secret("REDIS_URL", "redis://127.0.0.1:6379", "Redis: redis://user:password@host:port"),
  };
}
