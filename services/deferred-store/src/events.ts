import type { Logger, Metrics } from "@heliograph/telemetry";
import type { Ending } from "./domain/deferred-message.js";

/** What happened here, for counters and for people. Ids and reasons only: no address, no content. */
export interface Events {
  stored(): void;
  repeated(): void;
  refused(reason: "quota-messages" | "quota-bytes" | "expired" | "not-allowed"): void;
  ended(id: string, ending: Ending): void;
  unreachable(id: string, reason: string): void;
  noticeSent(outcome: "accepted" | "refused" | "given-up"): void;
  damaged(id: string): void;
  missingKey(id: string): void;
  /** Something that we depend on does not do its part; work goes on when it does. */
  troubled(what: string, error: unknown): void;
}

/** Makes the counters once. */
export function createEvents(
  metrics: Metrics,
  logger: Pick<Logger, "info" | "warn" | "error" | "debug">,
): Events {
  const outcomes = ["stored", "repeat", "quota-messages", "quota-bytes", "expired", "not-allowed"] as const;
  const endings = ["pushed", "refused", "expired", "dropped", "discarded"] as const;
  const store = metrics.countersBy(
    "heliograph_deferred_store_total",
    "Messages handed to the store",
    "outcome",
    outcomes,
  );
  const end = metrics.countersBy(
    "heliograph_deferred_ended_total",
    "Deferred messages that are over",
    "ending",
    endings,
  );
  const notices = metrics.countersBy("heliograph_deferred_notices_total", "IMDNs of the store", "outcome", [
    "accepted",
    "refused",
    "given-up",
  ]);
  const misses = metrics.counter("heliograph_deferred_unreachable_total", "Pushes that found no device");
  const unreadable = metrics.counter("heliograph_deferred_unreadable_total", "Envelopes that did not open");
  const troubles = metrics.counter(
    "heliograph_deferred_troubles_total",
    "Work put off because something did not answer",
  );
  return {
    stored: () => store.stored.add(),
    repeated: () => store.repeat.add(),
    refused: (reason) => store[reason].add(),
    ended: (id, ending) => {
      end[ending].add();
      if (ending !== "pushed") logger.info({ message: id, ending }, "deferred message is over");
    },
    unreachable: (id, reason) => {
      misses.add();
      logger.debug({ message: id, reason }, "no device for a deferred message");
    },
    noticeSent: (outcome) => notices[outcome].add(),
    damaged: (id) => {
      unreadable.add();
      logger.error({ message: id }, "a deferred message was changed at rest and cannot be delivered");
    },
    missingKey: (id) => {
      unreadable.add();
      logger.error({ message: id }, "a deferred message waits for a key that DEFERRED_KEY does not name");
    },
    troubled: (what, error) => {
      troubles.add();
      logger.warn({ err: error }, `deferred store: ${what}`);
    },
  };
}
