import type { Conversation, Submission } from "@heliograph/contracts";
import type { Logger, Metrics } from "@heliograph/telemetry";
import type { DeferralCause } from "./domain/decide-delivery.js";
import { type RefusalName, refusals } from "./domain/refusals.js";

/** Which use case speaks. */
export type UseCase = "originate" | "terminate" | "push" | "notify";

/** How a session came to its end: a user left, a part of it is gone, a device is not registered any more, or no device took what was answered for it. */
export type SessionEnd =
  | "left"
  | "media-lost"
  | "leg-lost"
  | "relay-lost"
  | "unregistered"
  | "unanswered"
  | "failed";

/** Facts that are counted and, where a person should know, written down. */
export interface Events {
  accepted(useCase: UseCase, status: 200 | 202): void;
  refused(id: string, name: RefusalName): void;
  deferred(id: string, cause: DeferralCause): void;
  repeated(id: string): void;
  /** A simpler form went to a device that did not take the first. @spec PF-46 */
  simplified(id: string): void;
  /** A session began. */
  established(purpose: Conversation["purpose"]): void;
  /** A session is over. */
  ended(id: string, why: SessionEnd): void;
  /** A session goes on over another relay. @spec PF-11 */
  moved(id: string): void;
  /** Something of ours, or below us, failed. */
  broken(what: string, cause: unknown): void;
}

/** Everything that the service reports, in one place. */
export function createEvents(metrics: Metrics, logger: Pick<Logger, "error" | "debug">): Events {
  const name = (fact: string) => `heliograph_participating_${fact}_total`;
  const delivered = metrics.countersBy(name("accepted"), "Messages accepted", "status", ["200", "202"]);
  const names = Object.keys(refusals).filter((key): key is RefusalName => key in refusals);
  const refused = metrics.countersBy(name("refused"), "Messages refused", "reason", names);
  const causes = ["offline", "unreachable", "preference", "queue-order", "too-large-for-transport"] as const;
  const deferred = metrics.countersBy(
    name("deferred"),
    "Messages handed to the deferred store",
    "cause",
    causes,
  );
  const repeated = metrics.counter(name("repeated"), "Messages that had been seen before");
  const simplified = metrics.counter(name("simplified"), "Messages sent in a simpler form after a 415");
  const sessions = createSessionEvents(metrics, logger);
  const broken = metrics.counter(name("broken"), "Failures of ours or below us");
  return {
    accepted: (_, status) => delivered[status === 200 ? "200" : "202"].add(),
    refused(id, name) {
      refused[name].add();
      logger.debug({ id, reason: name }, "message refused");
    },
    deferred(id, cause) {
      deferred[cause].add();
      logger.debug({ id, cause }, "message deferred");
    },
    repeated(id) {
      repeated.add();
      logger.debug({ id }, "message repeated");
    },
    simplified: () => simplified.add(),
    ...sessions,
    broken(what, cause) {
      broken.add();
      logger.error({ err: cause }, what);
    },
  };
}

function createSessionEvents(
  metrics: Metrics,
  logger: Pick<Logger, "debug">,
): Pick<Events, "established" | "ended" | "moved"> {
  const name = (fact: string) => `heliograph_participating_sessions_${fact}_total`;
  const purposes = ["session", "large-message", "retrieval"] as const;
  const established = metrics.countersBy(name("established"), "Sessions that began", "purpose", purposes);
  const ends = [
    "left",
    "media-lost",
    "leg-lost",
    "relay-lost",
    "unregistered",
    "unanswered",
    "failed",
  ] as const;
  const ended = metrics.countersBy(name("ended"), "Sessions that are over", "why", ends);
  const moved = metrics.counter(name("moved"), "Sessions that went on over another relay");
  return {
    established: (purpose) => established[purpose].add(),
    ended(id, why) {
      ended[why].add();
      logger.debug({ id, why }, "session over");
    },
    moved(id) {
      moved.add();
      logger.debug({ id }, "session moved");
    },
  };
}

/** Counts how a use case ended and gives the answer on. */
export function report(events: Events, useCase: UseCase, submission: Submission): Submission {
  if (submission.kind === "accepted") events.accepted(useCase, submission.status);
  return submission;
}
