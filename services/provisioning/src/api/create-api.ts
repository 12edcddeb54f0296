import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import underPressure from "@fastify/under-pressure";
import { type Bus, BusError } from "@heliograph/contracts";
import type { Logger } from "@heliograph/telemetry";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import type { ProvisioningConfig } from "../config.js";
import { addDomain } from "../handlers/add-domain.js";
import { addSubscriber } from "../handlers/add-subscriber.js";
import { changeSubscriber } from "../handlers/change-subscriber.js";
import { listDomains } from "../handlers/list-domains.js";
import { listSubscribers } from "../handlers/list-subscribers.js";
import { removeDomain } from "../handlers/remove-domain.js";
import { removeSubscriber } from "../handlers/remove-subscriber.js";
import { reportStatus } from "../handlers/report-status.js";
import { apiKeyCheck } from "./api-key.js";
import { formatProblem, type Problem, ProblemError, problemOfBus } from "./problem.js";
import { refuseOtherMethods } from "./refuse-other-methods.js";

/** What the API is made of. */
export interface ApiDeps {
  readonly bus: Pick<Bus, "request">;
  readonly logger: Pick<Logger, "error">;
  readonly config: ProvisioningConfig;
}

const maxBodyBytes = 64 * 1024;

/** The admin API: every route on one screen. */
export async function createApi({ bus, logger, config }: ApiDeps): Promise<FastifyInstance> {
  const api = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: 15_000,
    keepAliveTimeout: 5_000,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, _, reply) => void answerProblem(reply, problemOf(error, logger)),
  });
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler((error: FastifyError, _, reply) => answerProblem(reply, problemOf(error, logger)));
  api.setNotFoundHandler((request, reply) =>
    answerProblem(
      reply,
      formatProblem(404, "Not found", `There is no ${request.method} ${request.url}: see /openapi.json`),
    ),
  );
  await protect(api, config);
  await document(api);
  await api.register(
    async (v1) => {
      // After the limit of requests, which counts guesses too.
      v1.addHook("preParsing", apiKeyCheck(config.apiKey));
      const refuseTheRest = refuseOtherMethods(v1);
      await v1.register(listDomains(bus));
      await v1.register(addDomain(bus));
      await v1.register(removeDomain(bus));
      await v1.register(listSubscribers(bus));
      await v1.register(addSubscriber(bus));
      await v1.register(changeSubscriber(bus));
      await v1.register(removeSubscriber(bus));
      await v1.register(reportStatus(bus));
      refuseTheRest();
    },
    { prefix: "/v1" },
  );
  return api;
}

async function protect(api: FastifyInstance, { maxRequestsPerMinute }: ProvisioningConfig): Promise<void> {
  await api.register(helmet, { global: true });
  await api.register(underPressure, { maxEventLoopDelay: 2_000, retryAfter: 5 });
  await api.register(rateLimit, { max: maxRequestsPerMinute, timeWindow: "1 minute", cache: 10_000 });
}

async function document(api: FastifyInstance): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Heliograph admin API",
        description: "Domains and subscribers of the instant messaging service, and how it is doing.",
        version: "1",
      },
      components: { securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await api.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
  api.get("/openapi.json", { schema: { hide: true } }, async () => api.swagger());
}

function answerProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) void reply.header("www-authenticate", 'Bearer realm="heliograph"');
  if (problem.status === 503) void reply.header("retry-after", "5");
  return reply.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

function problemOf(error: FastifyError, logger: Pick<Logger, "error">): Problem {
  if (error instanceof ProblemError) return formatProblem(error.status, error.title, error.message);
  if (error instanceof BusError) return problemOfBus(error);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(
      ({ instancePath, message }) => `${instancePath.slice(1) || "it"}: ${message}`,
    );
    return formatProblem(
      400,
      "Invalid request",
      `The ${error.validationContext} is wrong: ${faults.join("; ")}`,
    );
  }
  const status = error.statusCode ?? 500;
  if (status === 429) return formatProblem(429, "Too many requests", error.message);
  if (status === 415)
    return formatProblem(415, "Unsupported media type", "Send the body as application/json");
  if (status < 500) return formatProblem(status, "Invalid request", error.message);
  if (status === 503) return formatProblem(503, "Overloaded", "The service is busy: try again in a moment");
  logger.error({ err: error }, "an admin request failed");
  return formatProblem(500, "Internal error", "This should not have happened: the log says more");
}
