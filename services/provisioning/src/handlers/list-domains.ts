import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problems } from "../api/answers.js";

/** `GET /v1/domains`. */
export function listDomains(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "List the domains that are served",
    tags: ["domains"],
    response: { 200: z.object({ domains: z.array(sipCore.Domain) }), ...problems },
  };
  return (api, _, done) => {
    api.get("/domains", { schema }, () => bus.request(sipCore.listDomains, {}, {}));
    done();
  };
}
