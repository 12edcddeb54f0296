import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { noContent, problems } from "../api/answers.js";
import { expectDone } from "../api/problem.js";

/** `PATCH /v1/subscribers/{aor}`. What is absent stays as it is. @spec PF-07 */
export function changeSubscriber(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "Change settings of a subscriber",
    tags: ["subscribers"],
    params: z.object({ aor: z.string().min(1).max(256) }),
    body: z.strictObject({
      autoAcceptsSessions: z
        .boolean()
        .optional()
        .describe("Sessions are answered for the user at once, and held until a device answers"),
    }),
    response: { 204: noContent, ...problems },
  };
  return (api, _, done) => {
    api.patch("/subscribers/:aor", { schema }, async ({ params, body }, reply) => {
      expectDone(await bus.request(sipCore.changeSubscriber, {}, { ...params, ...body }));
      return reply.status(204).send(null);
    });
    done();
  };
}
