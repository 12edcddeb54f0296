import type { Counter, Logger, Metrics } from "@heliograph/telemetry";

/** What is worth counting in a registrar: one function a fact. */
export interface Events {
  /** A REGISTER was answered: how, or with which status. */
  readonly registered: (outcome: "registered" | "challenge" | number) => void;
  /** Another request's credentials were checked. */
  readonly authenticated: (outcome: "authenticated" | "challenge" | "refused") => void;
  /** A flow closed and took bindings with it. */
  readonly flowClosed: (bindings: number) => void;
  /** Nobody could be told that a user is there. */
  readonly availabilityUntold: (cause: unknown) => void;
  /** Nobody could be told that registrations are gone. */
  readonly removalUntold: (cause: unknown) => void;
  /** Nobody could be told that a subscriber or domain changed: caches are stale until they age. */
  readonly changeUntold: (cause: unknown) => void;
}

/** Counts, and writes what an operator should read. */
export function createEvents(metrics: Metrics, logger: Pick<Logger, "warn">): Events {
  const registers = new Map<string | number, Counter>();
  const logins = metrics.countersBy(
    "heliograph_digest_total",
    "Credentials checked, by outcome.",
    "outcome",
    ["authenticated", "challenge", "refused"],
  );
  const closed = metrics.counter(
    "heliograph_flow_closed_bindings_total",
    "Users whose bindings went with a closed flow.",
  );
  return {
    registered(outcome) {
      const counter = registers.get(outcome) ?? counterOf(metrics, String(outcome));
      registers.set(outcome, counter);
      counter.add();
    },
    authenticated: (outcome) => logins[outcome].add(),
    flowClosed: (bindings) => closed.add(bindings),
    availabilityUntold: (err) => logger.warn({ err }, "nobody could be told that a user is available"),
    removalUntold: (err) => logger.warn({ err }, "nobody could be told that registrations are gone"),
    changeUntold: (err) => logger.warn({ err }, "nobody could be told of a change of subscribers"),
  };
}

function counterOf(metrics: Metrics, outcome: string): Counter {
  return metrics.counter("heliograph_register_total", "REGISTER requests, by outcome.", { outcome });
}
