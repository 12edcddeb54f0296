import { describe, expect, it } from "@jest/globals";
import { ConfigError, loadConfig } from "@heliograph/runtime";
import { createLogger, createRedaction } from "@heliograph/telemetry";
import { createProvisioning, readProvisioningConfig } from "../src/index.js";
import { apiKey } from "./given-api.js";

const logger = createLogger({
  service: "test",
  level: "silent",
  format: "json",
  redaction: createRedaction("k"),
});

describe("provisioning as a service", () => {
  it("serves on a real socket from start to stop", async () => {
    const config = { host: "127.0.0.1", port: 0, apiKey, maxRequestsPerMinute: 100 };
    const bus = { request: async () => ({ domains: [] }) as never };
    const service = createProvisioning({ bus, logger, config });
    await service.start();
    await service.health[0]?.check();
    const response = await fetch(`${service.url}/v1/domains`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect([response.status, await response.json()]).toEqual([200, { domains: [] }]);
    await service.stop();
    expect(() => service.health[0]?.check()).toThrow("does not listen");
  });

  it("needs a key, and a long one", () => {
    expect(() => loadConfig({}, readProvisioningConfig)).toThrow(ConfigError);
    expect(() => loadConfig({ ADMIN_API_KEY: "short" }, readProvisioningConfig)).toThrow(/16 characters/);
    expect(loadConfig({ ADMIN_API_KEY: apiKey }, readProvisioningConfig)).toMatchObject({
      port: 8080,
      apiKey,
    });
    expect(loadConfig({}, (read) => readProvisioningConfig(read, apiKey))).toMatchObject({ apiKey });
  });
});
