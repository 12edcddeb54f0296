import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { noContent, problems } from "../api/answers.js";
import { expectDone } from "../api/problem.js";

/** `DELETE /v1/domains/{name}`. */
export function removeDomain(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "Stop serving a domain that has no subscribers",
    tags: ["domains"],
    params: z.object({ name: z.string().min(1).max(255) }),
    response: { 204: noContent, ...problems },
  };
  return (api, _, done) => {
    api.delete("/domains/:name", { schema }, async ({ params }, reply) => {
      expectDone(await bus.request(sipCore.removeDomain, {}, params));
      return reply.status(204).send(null);
    });
    done();
  };
}
