import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problems } from "../api/answers.js";
import { expectDone } from "../api/problem.js";

const hostName = z.string().min(1).max(255);

/** `POST /v1/domains`. */
export function addDomain(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "Serve a domain; its aliases mean the same users",
    tags: ["domains"],
    body: z.object({ name: hostName, aliases: z.array(hostName).max(100).default([]) }),
    response: { 201: sipCore.Domain, ...problems },
  };
  return (api, _, done) => {
    api.post("/domains", { schema }, async ({ body }, reply) => {
      expectDone(await bus.request(sipCore.addDomain, {}, body));
      return reply
        .status(201)
        .header("location", `/v1/domains/${encodeURIComponent(body.name)}`)
        .send(body);
    });
    done();
  };
}
