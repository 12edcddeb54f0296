import { openServiceProcess, readServiceProcessConfig } from "@heliograph/bus";
import { type Env, type EnvReader, type Lifecycle, loadConfig } from "@heliograph/runtime";
import { readProvisioningConfig } from "../config.js";
import { createProvisioning } from "../provisioning.js";

const identity = {
  name: "provisioning",
  version: "0.1.0",
  description: "Admin API for domains and subscribers",
};

/** Opens what the service needs as a process of its own, and starts it; `lifecycle` closes it in the other order. */
export async function connect(env: Env, lifecycle: Lifecycle): Promise<void> {
  const config = loadConfig(env, readProcessConfig);
  const { telemetry, bus, run } = await openServiceProcess(identity, config.process, lifecycle);
  const { logger } = telemetry;
  const service = createProvisioning({ bus, logger, config: config.provisioning });
  await run(service);
  logger.info({ adminApi: service.url }, "the admin API takes requests");
}

/** Reads the settings of the service as a process of its own. */
function readProcessConfig(read: EnvReader) {
  return { provisioning: readProvisioningConfig(read), process: readServiceProcessConfig(read) };
}
