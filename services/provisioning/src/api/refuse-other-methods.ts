import type { FastifyInstance, FastifyReply, HTTPMethods } from "fastify";
import { ProblemError } from "./problem.js";

const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers 405 with Allow where there is something under a path, and not for that method. Call it before the routes are
 * registered, and the function that it returns after.
 *
 * @spec rfc9110#15.5.6
 */
export function refuseOtherMethods(api: FastifyInstance): () => void {
  const served = new Map<string, Set<HTTPMethods>>();
  api.addHook("onRoute", ({ routePath, method }) => {
    const known = served.get(routePath) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    served.set(routePath, known);
  });
  return () => {
    for (const [url, known] of served) {
      const allowed = [...known];
      const others = methods.filter((method) => !known.has(method));
      api.route({ method: others, url, schema: { hide: true }, handler: refusal(allowed.join(", ")) });
    }
  };
}

function refusal(allow: string) {
  return async ({ method }: { readonly method: string }, reply: FastifyReply): Promise<never> => {
    void reply.header("allow", allow);
    throw new ProblemError(
      405,
      "Method not allowed",
      `There is no ${method} here, but ${allow}: see /openapi.json`,
    );
  };
}
