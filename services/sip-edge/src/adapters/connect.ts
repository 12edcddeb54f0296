import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { createSipEdge } from "../compose.js";
import { readConfig } from "../config.js";
import { stackOptions } from "./stack-options.js";

const identity = {
  name: "sip-edge",
  version: "0.1.0",
  description: "SIP from and to clients, cores and networks",
};

/** Opens what the edge needs as a process of its own, and starts it; `lifecycle` closes it in the other order. */
export async function connect(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const service = await openServiceProcess(identity, config.process, lifecycle);
  const { clock, telemetry, bus } = service;
  const chance = new PooledChance();
  const stack = createSipStack({ ...(await stackOptions(config.edge)), clock, chance });
  await service.run(createSipEdge({ bus, stack, clock, chance, telemetry, config: config.edge }));
}

/** Reads the settings of the edge as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return { edge: readConfig(read), process: readServiceProcessConfig(read) };
}
