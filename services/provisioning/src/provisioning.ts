import type { AddressInfo } from "node:net";
import type { Bus } from "@heliograph/contracts";
import type { HealthCheck, Service } from "@heliograph/runtime";
import type { Logger } from "@heliograph/telemetry";
import type { FastifyInstance } from "fastify";
import { createApi } from "./api/create-api.js";
import type { ProvisioningConfig } from "./config.js";

/** What a process lends to the service. */
export interface ProvisioningDeps {
  readonly bus: Pick<Bus, "request">;
  readonly logger: Logger;
  readonly config: ProvisioningConfig;
}

/** The admin API as a service, and where it listens. */
export interface Provisioning extends Service {
  /** `http://127.0.0.1:8080`, once it has started. */
  readonly url: string;
}

/** The REST API for domains and subscribers. It speaks to other services over the bus only. */
export function createProvisioning(deps: ProvisioningDeps): Provisioning {
  let api: FastifyInstance | undefined;
  const health: HealthCheck[] = [
    {
      name: "admin API",
      check: () => {
        if (!api?.server.listening) throw new Error("the admin API does not listen");
      },
    },
  ];
  return {
    health,
    get url() {
      return api ? urlOf(api) : "";
    },
    start: async () => {
      const { host, port } = deps.config;
      const made = await createApi(deps);
      await made.listen({ host, port });
      api = made;
    },
    stop: async () => {
      await api?.close();
      api = undefined;
    },
  };
}

function urlOf({ server }: FastifyInstance): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
