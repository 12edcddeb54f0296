import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problem.js";

/** Lets a request pass that shows the key; compares in constant time. */
export function apiKeyCheck(apiKey: string): (request: FastifyRequest) => Promise<void> {
  const expected = digestOf(apiKey);
  return async ({ headers }) => {
    const { authorization = "", "x-api-key": own } = headers;
    const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    const shown = bearer ?? (typeof own === "string" ? own : undefined);
    if (shown === undefined) {
      throw new ProblemError(
        401,
        "Unauthorized",
        "Show the admin key: Authorization: Bearer <ADMIN_API_KEY>",
      );
    }
    if (!timingSafeEqual(digestOf(shown), expected)) {
      throw new ProblemError(
        401,
        "Unauthorized",
        "This is not the admin key: it stands in ADMIN_API_KEY, or in the file that ADMIN_API_KEY_FILE names",
      );
    }
  };
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
