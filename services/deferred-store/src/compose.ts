import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { type Bus, deferredStore, sipCore } from "@heliograph/contracts";
import { type Database, migrate } from "@heliograph/database";
import type { Chance, Clock } from "@heliograph/kernel";
import { ConfigError, type Service } from "@heliograph/runtime";
import type { State } from "@heliograph/state";
import type { Telemetry } from "@heliograph/telemetry";
import { type KeyRing, keyRingIn, parseKeyRing } from "./adapters/key-ring.js";
import { PostgresLeases } from "./adapters/postgres-leases.js";
import { PostgresNotices } from "./adapters/postgres-notices.js";
import { PostgresQueues } from "./adapters/postgres-queues.js";
import { zlibInflater } from "./adapters/zlib-inflater.js";
import type { DeferredStoreConfig } from "./config.js";
import { createEvents } from "./events.js";
import { hearUserAvailable } from "./handlers/hear-user-available.js";
import { reportStatus } from "./handlers/report-status.js";
import { storeMessage } from "./handlers/store-message.js";
import type { StorageRules } from "./ports.js";
import { announcing } from "./push/announce.js";
import { Notifier } from "./push/notifier.js";
import { Pusher } from "./push/pusher.js";
import { Sweeper } from "./push/sweeper.js";

/** What the deferred store is given. */
export interface DeferredStoreDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly state: Pick<State, "queues" | "registrations">;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Pick<Telemetry, "logger" | "metrics">;
  readonly config: DeferredStoreConfig;
  /** Whose messages owners let us keep; everybody's, unless told otherwise. @spec DF-10 */
  readonly rules?: StorageRules;
  /** From 0 to 1: spreads back-offs. */
  readonly random?: () => number;
}

/** Long enough for a device that is answering just now. */
const stopGraceMs = 8_000;

/** The whole service on one screen: which subject is served by which use case, and what works by itself. */
export function createDeferredStore(given: DeferredStoreDeps): Service {
  const { bus, database, state, clock, chance, config } = given;
  const { queues: marks, registrations } = state;
  const keys = keysOf(config);
  const random = given.random ?? Math.random;
  const events = createEvents(given.telemetry.metrics, given.telemetry.logger);
  const worker = `${hostname()} ${process.pid} ${chance.token(8)}`;
  const queues = new PostgresQueues({ database, keys, clock, quota: config.quota, batching: config.batching });
  const leases = new PostgresLeases({ database, worker, leaseMs: config.leaseMs });
  const notifier = new Notifier({
    ...{ bus, clock, random, events, backOff: config.backOff, sweepMs: config.sweepMs },
    notices: new PostgresNotices({ database, keys, clock }),
  });
  const notices = { chance, ownImdnUris: new Set(config.imdnUri === undefined ? [] : [config.imdnUri]) };
  const onNotice = () => notifier.wake();
  const shared = { bus, clock, random, events, queues, leases, marks, registrations, inflater: zlibInflater, notices, onNotice };
  const pusher = new Pusher({ ...shared, ...config, maxConcurrent: config.maxConcurrentPushes });
  const sweeper = new Sweeper({ ...shared, ...config, pusher });
  const announce = announcing({ ...shared, pusher, firstBackOffMs: config.backOff.firstMs });

  return {
    async start() {
      await migrate(database, { schema: "deferred", dir: fileURLToPath(new URL("../migrations", import.meta.url)) });
      await sweeper.rebuildMarks().catch((error: unknown) => events.troubled("marks are not rebuilt yet", error));
      pusher.start();
      sweeper.start();
      notifier.start();
      await bus.serve(deferredStore.storeMessage, {}, storeMessage({ ...shared, ...config, announce, rules: given.rules ?? allowAll }));
      await bus.serve(deferredStore.reportStatus, {}, reportStatus({ queues }));
      await bus.listen(sipCore.userAvailable, {}, "deferred-store", hearUserAvailable({ marks, pusher }));
    },
    async stop() {
      notifier.stop();
      await sweeper.stop();
      await pusher.stop(stopGraceMs);
      await queues.drain();
    },
    health: [{ name: "deferred-store/postgres", check: () => mustBeHealthy(database) }],
  };
}

const allowAll: StorageRules = { allowsStorage: () => true };

function keysOf({ keys, keyFile }: DeferredStoreConfig): KeyRing {
  if (keys === undefined) return keyRingIn(keyFile);
  const ring = parseKeyRing(keys);
  if (!ring.ok) throw new ConfigError([`DEFERRED_KEY: ${ring.error}`]);
  return ring.value;
}

async function mustBeHealthy(database: Database): Promise<void> {
  if (!(await database.isHealthy())) throw new Error("Postgres does not answer");
}
