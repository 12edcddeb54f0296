import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { noContent, problems } from "../api/answers.js";
import { expectDone } from "../api/problem.js";

/** `DELETE /v1/subscribers/{aor}`. */
export function removeSubscriber(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "Remove a subscriber, and what is registered for it",
    tags: ["subscribers"],
    params: z.object({ aor: z.string().min(1).max(256) }),
    response: { 204: noContent, ...problems },
  };
  return (api, _, done) => {
    api.delete("/subscribers/:aor", { schema }, async ({ params }, reply) => {
      expectDone(await bus.request(sipCore.removeSubscriber, {}, params));
      return reply.status(204).send(null);
    });
    done();
  };
}
