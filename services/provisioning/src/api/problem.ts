import type { BusError, BusFailure } from "@heliograph/contracts";
import { z } from "zod";

/** What went wrong, for programs and for people. @spec rfc9457#3 */
export const Problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.number(),
    /** What to do about it. */
    detail: z.string(),
  })
  .meta({ id: "Problem" });
export type Problem = z.output<typeof Problem>;

/** Thrown by a use case; answered as application/problem+json. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

/** The document for a problem. */
export function formatProblem(status: number, title: string, detail: string): Problem {
  return { type: "about:blank", title, status, detail };
}

/** What a service answers to a change. */
type Changed =
  | { readonly kind: "done" }
  | { readonly kind: "not-found" | "conflict" | "invalid"; readonly reason: string };

const refusals = {
  "not-found": { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  invalid: { status: 400, title: "Invalid" },
} as const;

/** Throws the problem that a refused change is. */
export function expectDone(changed: Changed): void {
  if (changed.kind === "done") return;
  const { status, title } = refusals[changed.kind];
  throw new ProblemError(status, title, changed.reason);
}

const advice: Readonly<Record<BusFailure, string>> = {
  "no-responder": "does not run, or is not connected: start it, and look at its /readyz",
  timeout: "did not answer in time: try again, and look at its /readyz",
  disconnected: "cannot be reached, because NATS is away: it is tried again by itself",
  "handler-failed":
    "could not do it, most likely because Postgres or Redis is away: look at its /readyz and its log",
  malformed: "answered what we do not understand: let all services run the same version",
};

/** A failure on the bus, as a problem: which service, and what to do. */
export function problemOfBus({ failure, subject }: BusError): Problem {
  const [, service = subject] = subject.split(".");
  return formatProblem(503, "Service unavailable", `${service} ${advice[failure]}`);
}
