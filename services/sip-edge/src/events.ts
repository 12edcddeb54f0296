import { BusError, type BusFailure, type sipEdge } from "@heliograph/contracts";
import type { DialogEnd, ListeningPoint } from "@heliograph/sip";
import type { Counter, Logger, Metrics } from "@heliograph/telemetry";

/** How the edge tells what happened. */
export interface Reporting {
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly metrics: Pick<Metrics, "counter" | "countersBy" | "gauge" | "observedCounter" | "histogram">;
}

/** Why a request was turned away at the door. */
export type Refusal = "malformed" | "identity" | "loop" | "extension" | "body" | "method" | "overload";

/** One function a fact: it moves the counter and, where a person should know, writes the line. */
export type Events = ReturnType<typeof reportEvents>;

/** Counters and log lines of the edge; labels are few by type. */
export function reportEvents({ logger, metrics }: Reporting) {
  const counter = (name: string, about: string) => metrics.counter(`heliograph_sip_edge_${name}`, about);
  const requests = metrics.countersBy(
    "heliograph_sip_edge_requests_total",
    "Requests received",
    "method",
    methods,
  );
  const answers = metrics.countersBy(
    "heliograph_sip_edge_answers_total",
    "Final answers given",
    "class",
    classes,
  );
  const refusals = metrics.countersBy(
    "heliograph_sip_edge_refused_total",
    "Turned away at the door",
    "why",
    refusalKinds,
  );
  const legs = metrics.countersBy("heliograph_sip_edge_legs_total", "Messages sent on", "outcome", outcomes);
  const challenges = counter("challenges_total", "Requests asked for credentials");
  const ignored = counter(
    "untrusted_identities_total",
    "Asserted identities of untrusted sources that were ignored",
  );
  const unanswered = counter("unanswered_total", "Requests left unanswered because no answer came in time");
  const closed = counter("flows_closed_total", "Flows with registrations that closed");
  const latency = metrics.histogram(
    "heliograph_sip_edge_message_answer_ms",
    "Milliseconds from a MESSAGE to its final answer",
  );

  return {
    received: (method: string) => requests[methodOf(method)].add(),
    answered: (status: number) => answers[classes[Math.min(Math.floor(status / 100), 6) - 2] ?? "2xx"].add(),
    messageAnswered: (tookMs: number) => latency.observe(tookMs),
    refused: (why: Refusal) => refusals[why].add(),
    challenged: () => challenges.add(),
    identityIgnored: () => ignored.add(),
    leftUnanswered: () => unanswered.add(),
    legEnded: (outcome: sipEdge.LegOutcome["kind"]) => legs[outcome].add(),
    flowClosed: () => closed.add(),
    ...reportSessions(metrics),
    ...reportFailures(logger, counter),
    domainsRead: (count: number) => logger.info({ domains: count }, "domains are known"),
    listening: (points: readonly ListeningPoint[]) =>
      logger.info(
        { points: points.map(({ transport, address, port }) => `${transport}:${address}:${port}`) },
        "SIP is served",
      ),
  };
}

/** What broke, or could not be asked. */
function reportFailures(logger: Reporting["logger"], counter: (name: string, about: string) => Counter) {
  const failures = counter(
    "failures_total",
    "Requests that a fault of ours or of a part of the service broke",
  );
  const failed = (what: string, cause: unknown): void => {
    failures.add();
    logger.error({ err: cause }, `${what} failed`);
  };
  const dependencyFailed = (what: string, failure: BusFailure): void => {
    failures.add();
    logger.warn({ failure }, `${what} could not be asked`);
  };
  return {
    failed,
    /** Work that could not be finished, whatever of it broke. */
    brokeOff: (what: string, cause: unknown): void => {
      if (cause instanceof BusError) dependencyFailed(cause.subject, cause.failure);
      else failed(what, cause);
    },
  };
}

/** Counters of sessions. */
function reportSessions(metrics: Reporting["metrics"]) {
  const invited = metrics.countersBy(
    "heliograph_sip_edge_invited_total",
    "INVITEs of ours, by how they ended",
    "outcome",
    inviteOutcomes,
  );
  const ended = metrics.countersBy(
    "heliograph_sip_edge_dialogs_ended_total",
    "Dialogs that are over, by who ended them",
    "by",
    endings,
  );
  const orphaned = metrics.counter(
    "heliograph_sip_edge_orphaned_legs_total",
    "Dialogs that were ended because nobody owned them any more",
  );
  return {
    legOrphaned: () => orphaned.add(),
    invited: (outcome: sipEdge.LegAnswer["kind"]) => invited[outcome].add(),
    dialogEnded: (by: DialogEnd["by"]) => ended[by].add(),
  };
}

const methods = ["REGISTER", "MESSAGE", "OPTIONS", "INVITE", "other"] as const;
const classes = ["2xx", "3xx", "4xx", "5xx", "6xx"] as const;
const refusalKinds = ["malformed", "identity", "loop", "extension", "body", "method", "overload"] as const;
const outcomes = ["answered", "silent", "unreachable"] as const;
const inviteOutcomes = ["accepted", "answered", "cancelled", "silent", "unreachable"] as const;
const endings = ["remote", "local", "failure"] as const;

function methodOf(method: string): (typeof methods)[number] {
  switch (method) {
    case "REGISTER":
    case "MESSAGE":
    case "OPTIONS":
    case "INVITE":
      return method;
    default:
      return "other";
  }
}
