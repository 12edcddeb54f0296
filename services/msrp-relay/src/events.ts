import type { Logger, Metrics } from "@heliograph/telemetry";
import type { MsrpListeningPoint } from "@heliograph/msrp-stack";

/** How the relay tells what happened. */
export interface Reporting {
  readonly logger: Pick<Logger, "debug" | "info" | "warn" | "error">;
  readonly metrics: Pick<Metrics, "counter" | "countersBy" | "gauge" | "observedCounter">;
}

/** One function a fact: it moves the counter and, where a person should know, writes the line. */
export type Events = ReturnType<typeof reportEvents>;

const name = (fact: string) => `heliograph_msrp_relay_${fact}`;
const statuses = ["400", "408", "413", "415", "481", "501", "506", "other"] as const;
const authOutcomes = ["challenged", "refused", "out of bounds", "authenticated"] as const;
const losses = ["connection-lost", "not-bound", "idle", "draining"] as const;

/** Counters and log lines of the relay; labels are few by type. */
export function reportEvents({ logger, metrics }: Reporting) {
  const counter = (fact: string, about: string) => metrics.counter(name(`${fact}_total`), about);
  const anchored = counter("anchored", "Sessions anchored");
  const anchorsRefused = counter("anchors_refused", "Sessions that were not anchored");
  const chunks = counter("chunks", "Pieces of messages carried");
  const octets = counter("octets", "Octets of messages carried");
  const malformed = counter("malformed", "Requests and responses that could not be understood");
  const refused = metrics.countersBy(name("refused_total"), "Requests refused", "status", statuses);
  const lost = metrics.countersBy(name("sessions_lost_total"), "Sessions told to be lost", "why", losses);
  const auths = metrics.countersBy(name("auth_total"), "AUTH requests of clients", "outcome", authOutcomes);
  const forwarded = counter("forwarded", "Requests of clients of the relay, and to them, that went on");
  const dialsFailed = counter("dials_failed", "Connections that could not be opened");
  const failures = counter("failures", "Failures of ours or below us");
  return {
    anchored: () => anchored.add(),
    anchorRefused: (status: number) => {
      anchorsRefused.add();
      logger.debug({ status }, "session not anchored");
    },
    carried: (bytes: number) => {
      chunks.add();
      octets.add(bytes);
    },
    malformed: (rule: string) => {
      malformed.add();
      logger.debug({ rule }, "malformed MSRP");
    },
    refused: (status: number) => refused[labelOf(status)].add(),
    lost: (conversation: string, why: (typeof losses)[number]) => {
      lost[why].add();
      logger.debug({ conversation, why }, "session lost");
    },
    authenticated: (outcome: (typeof authOutcomes)[number]) => auths[outcome].add(),
    forwarded: () => forwarded.add(),
    dialFailed: (reason: string) => {
      dialsFailed.add();
      logger.debug({ reason }, "no connection to an end");
    },
    broken: (what: string, cause: unknown) => {
      failures.add();
      logger.error({ err: cause }, what);
    },
    listening: (points: readonly MsrpListeningPoint[]) =>
      logger.info(
        { points: points.map(({ transport, address, port }) => `${transport}:${address}:${port}`) },
        "MSRP is served",
      ),
  };
}

function labelOf(status: number): (typeof statuses)[number] {
  return statuses.find((label) => label === String(status)) ?? "other";
}
