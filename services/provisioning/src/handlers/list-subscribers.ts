import { type Bus, sipCore } from "@heliograph/contracts";
import type { FastifyPluginCallbackZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { plainText, problems } from "../api/answers.js";

const Subscriber = z.object({
  aor: z.string(),
  display: z.string().optional(),
  isBarred: z.boolean(),
  autoAcceptsSessions: z.boolean().optional().describe("Absent: no"),
  /** Devices that are registered now. */
  bindings: z.number(),
});

/** `GET /v1/subscribers`. */
export function listSubscribers(bus: Pick<Bus, "request">): FastifyPluginCallbackZod {
  const schema = {
    summary: "List subscribers by address, a page at a time",
    tags: ["subscribers"],
    querystring: z.object({
      domain: plainText(255).optional().describe("Only those of one domain"),
      after: plainText(512).optional().describe("Start after this address: the last one of the page before"),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    response: {
      200: z.object({
        subscribers: z.array(Subscriber),
        next: z.string().optional().describe("The next page; absent on the last"),
      }),
      ...problems,
    },
  };
  return (api, _, done) => {
    api.get("/subscribers", { schema }, async ({ query: { domain, after, limit } }) => {
      const page = { limit, ...(domain !== undefined && { domain }), ...(after !== undefined && { after }) };
      const { subscribers } = await bus.request(sipCore.listSubscribers, {}, page);
      const last = subscribers.length < limit ? undefined : subscribers.at(-1)?.aor;
      return { subscribers, ...(last !== undefined && { next: nextPage(last, limit, domain) }) };
    });
    done();
  };
}

function nextPage(after: string, limit: number, domain: string | undefined): string {
  const query = new URLSearchParams({ after, limit: String(limit), ...(domain !== undefined && { domain }) });
  return `/v1/subscribers?${query.toString()}`;
}
