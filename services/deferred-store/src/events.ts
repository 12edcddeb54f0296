import type { Logger, Metrics } from "@heliograph/telemetry";
import type { Ending } from "./domain/deferred-message.js";
import type { LegKind } from "./domain/leg-kind.js";

/** What happened here, for counters and for people. Ids and reasons only: no address, no content. */
export interface Events {
  stored(): void;
  repeated(): void;
  refused(reason: "quota-messages" | "quota-bytes" | "expired" | "not-allowed"): void;
  ended(id: string, ending: Ending): void;
  unreachable(id: string, reason: string): void;
  noticeSent(outcome: "accepted" | "refused" | "given-up"): void;
  legOpened(kind: LegKind): void;
  legClosed(kind: LegKind, reason: string): void;
  /** An offer was not answered. */
  legRefused(reason: LegRefusal): void;
  /** Octets came by MSRP. */
  uploaded(octets: number): void;
  uploadEnded(outcome: "stored" | "repeat" | "discarded" | "gone" | "abandoned"): void;
  /** Octets were taken by a device, by MSRP. */
  gave(octets: number): void;
  damaged(id: string): void;
  missingKey(id: string): void;
  /** Something that we depend on does not do its part; work goes on when it does. */
  troubled(what: string, error: unknown): void;
}

/** Why an offer was not answered. */
export type LegRefusal =
  | "quota-messages"
  | "quota-bytes"
  | "not-allowed"
  | "too-large"
  | "not-acceptable"
  | "nothing";

/** Makes the counters once. */
export function createEvents(
  metrics: Metrics,
  logger: Pick<Logger, "info" | "warn" | "error" | "debug">,
): Events {
  const outcomes = ["stored", "repeat", "quota-messages", "quota-bytes", "expired", "not-allowed"] as const;
  const endings = ["pushed", "retrieved", "refused", "expired", "dropped", "discarded"] as const;
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
    ...createLegEvents(metrics, logger),
    stored: () => store.stored.add(),
    repeated: () => store.repeat.add(),
    refused: (reason) => store[reason].add(),
    ended: (id, ending) => {
      end[ending].add();
      if (ending !== "pushed" && ending !== "retrieved")
        logger.info({ message: id, ending }, "deferred message is over");
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

type LegEvents = Pick<Events, "legOpened" | "legClosed" | "legRefused" | "uploaded" | "uploadEnded" | "gave">;

/** What goes by MSRP. */
function createLegEvents(metrics: Metrics, logger: Pick<Logger, "debug">): LegEvents {
  const open = { upload: 0, retrieval: 0, push: 0 };
  for (const kind of ["upload", "retrieval", "push"] as const)
    metrics.gauge("heliograph_deferred_legs", "MSRP sessions of the store", () => open[kind], { kind });
  const refusals = metrics.countersBy(
    "heliograph_deferred_legs_refused_total",
    "Offers that the store did not answer",
    "reason",
    ["quota-messages", "quota-bytes", "not-allowed", "too-large", "not-acceptable", "nothing"],
  );
  const uploads = metrics.countersBy(
    "heliograph_deferred_uploads_total",
    "Messages that came by MSRP, by how that ended",
    "outcome",
    ["stored", "repeat", "discarded", "gone", "abandoned"],
  );
  const moved = metrics.countersBy(
    "heliograph_deferred_msrp_bytes_total",
    "Octets of messages by MSRP",
    "direction",
    ["in", "out"],
  );
  return {
    legOpened: (kind) => void (open[kind] += 1),
    legClosed: (kind, reason) => {
      open[kind] -= 1;
      logger.debug({ kind, reason }, "a session of the store is over");
    },
    legRefused: (reason) => refusals[reason].add(),
    uploaded: (octets) => moved.in.add(octets),
    uploadEnded: (outcome) => uploads[outcome].add(),
    gave: (octets) => moved.out.add(octets),
  };
}
