import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { PooledChance } from "@heliograph/sip-stack";
import { readConfig } from "../config.js";
import { createMsrpRelay } from "../create-msrp-relay.js";

const identity = {
  name: "msrp-relay",
  version: "0.1.0",
  description: "MSRP relay: anchors sessions and carries their media",
};

/** Opens what the relay needs as a process of its own, and starts it. */
export async function runAlone(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const service = await openServiceProcess(identity, config.process, lifecycle);
  const { clock, telemetry, bus } = service;
  const chance = new PooledChance();
  await service.run(createMsrpRelay({ bus, clock, chance, telemetry, config: config.relay }));
}

/** Reads the settings of the relay as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return { relay: readConfig(read), process: readServiceProcessConfig(read) };
}
