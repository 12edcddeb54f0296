import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { openDatabase } from "@heliograph/database";
import { type Env, type EnvReader, type Lifecycle, loadConfig, required } from "@heliograph/runtime";
import { connectRedisState } from "@heliograph/state";
import { createDeferredStore } from "../compose.js";
import { readDeferredStoreConfig } from "../config.js";

const identity = {
  name: "deferred-store",
  version: "0.1.0",
  description: "Messages that wait for their recipient",
};

/** Opens what the service needs as a process of its own, and starts it. */
export async function runAlone(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const { clock, chance, telemetry, bus, run } = await openServiceProcess(
    identity,
    config.process,
    lifecycle,
  );
  const onLostConnection = (error: Error) =>
    telemetry.logger.warn({ err: error }, "lost a connection to Postgres");
  const opened = openDatabase({ url: config.databaseUrl, applicationName: identity.name, onLostConnection });
  const database = lifecycle.own("database", opened, (one) => one.close());
  const state = lifecycle.own("live state", await connectRedisState(config.redisUrl, { clock }), (one) =>
    one.close(),
  );
  await run(createDeferredStore({ bus, database, state, clock, chance, telemetry, config: config.service }));
}

/** Reads the settings of the service as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return {
    service: readDeferredStoreConfig(read),
    process: readServiceProcessConfig(read),
    databaseUrl: read.secret(
      "DATABASE_URL",
      required,
      "Postgres: postgres://user:password@host:port/database",
    ),
    redisUrl: read.secret("REDIS_URL", "redis://127.0.0.1:6379", "Redis: redis://user:password@host:port"),
  };
}
