import { type Bus, BusError, deferredStore, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problems } from "../api/answers.js";
import { problemOfBus } from "../api/problem.js";

const ServiceHealth = z.object({
  name: z.string(),
  isAnswering: z.boolean(),
  /** Why not, and what to do. */
  detail: z.string().optional(),
});
type ServiceHealth = z.output<typeof ServiceHealth>;

const Status = z.object({
  subscribers: z.number().optional(),
  domains: z.number().optional(),
  registeredUsers: z.number().optional(),
  deferred: deferredStore.reportStatus.output.optional(),
  services: z.array(ServiceHealth),
});

/** `GET /v1/status`: what the services say of themselves; one that does not answer is named, with what to do. */
export function reportStatus(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "How the service is doing",
    tags: ["status"],
    response: { 200: Status, ...problems },
  };
  return (api, _, done) => {
    api.get("/status", { schema }, async () => {
      const [core, store] = await Promise.all([
        ask("sip-core", bus.request(sipCore.reportStatus, {}, {})),
        ask("deferred-store", bus.request(deferredStore.reportStatus, {}, {})),
      ]);
      return {
        ...core.answer,
        ...(store.answer && { deferred: store.answer }),
        services: [core.health, store.health],
      };
    });
    done();
  };
}

async function ask<T>(
  name: string,
  asked: Promise<T>,
): Promise<{ readonly answer?: T; readonly health: ServiceHealth }> {
  try {
    return { answer: await asked, health: { name, isAnswering: true } };
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return { health: { name, isAnswering: false, detail: problemOfBus(error).detail } };
  }
}
