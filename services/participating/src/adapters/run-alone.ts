import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { connectRedisState } from "@heliograph/state";
import { readConfig } from "../config.js";
import { createParticipating } from "../create-participating.js";

const identity = {
  name: "participating",
  version: "0.1.0",
  description: "Participating IM Function: policy and delivery",
};

/** Opens what the service needs as a process of its own, and starts it. */
export async function runAlone(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const opened = await openServiceProcess(identity, config.process, lifecycle);
  const { clock, chance, bus } = opened;
  const { logger, metrics } = opened.telemetry;
  const redis = await connectRedisState(config.redisUrl, { clock });
  const state = lifecycle.own("live state", redis, (one) => one.close());
  await opened.run(
    createParticipating({ bus, state, clock, chance, metrics, logger, config: config.service }),
  );
}

/** Reads the settings of the service as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return {
    service: readConfig(read),
    process: readServiceProcessConfig(read),
    redisUrl: read.secret("REDIS_URL", "redis://127.0.0.1:6379", "Redis: redis://user:password@host:port"),
  };
}
