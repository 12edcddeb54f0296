import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { plainText, problems } from "../api/answers.js";
import { expectDone } from "../api/problem.js";

/** `POST /v1/subscribers`. The password goes no further than the hash that sip-core makes of it. */
export function addSubscriber(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "Add a subscriber to a domain that is served",
    tags: ["subscribers"],
    body: z.object({
      aor: z.string().min(1).max(256).describe("sip:alice@example.org"),
      password: z.string().min(1).max(256),
      display: plainText(256).optional().describe("The name that others see"),
    }),
    response: { 201: z.object({ aor: z.string(), display: z.string().optional() }), ...problems },
  };
  return (api, _, done) => {
    api.post("/subscribers", { schema }, async ({ body: { aor, password, display } }, reply) => {
      const shown = { aor, ...(display !== undefined && { display }) };
      expectDone(await bus.request(sipCore.addSubscriber, {}, { ...shown, password }));
      return reply
        .status(201)
        .header("location", `/v1/subscribers/${encodeURIComponent(aor)}`)
        .send(shown);
    });
    done();
  };
}
