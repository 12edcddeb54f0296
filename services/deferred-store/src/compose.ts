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
  const { bus, database, state, config, rules = allowAll } = given;
  const { queues: marks, registrations } = state;
  const parts = assemble(given);
  const { queues, pusher, sweeper, notifier, events } = parts;
  const announce = announcing({ ...parts, marks, registrations, firstBackOffMs: config.backOff.firstMs });

  return {
    async start() {
      await migrate(database, { schema: "deferred", dir: migrations });
      await sweeper
        .rebuildMarks()
        .catch((error: unknown) => events.troubled("marks are not rebuilt yet", error));
      pusher.start();
      sweeper.start();
      notifier.start();
      await bus.serve(deferredStore.storeMessage, {}, storeMessage({ ...parts, ...config, announce, rules }));
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

const migrations = fileURLToPath(new URL("../migrations", import.meta.url));

/** Everything that lives as long as the service. */
function assemble({
  bus,
  database,
  state,
  clock,
  chance,
  telemetry,
  config,
  random = Math.random,
}: DeferredStoreDeps) {
  const { backOff, sweepMs, leaseMs, imdnUri, quota, batching } = config;
  const keys = keysOf(config);
  const worker = `${hostname()} ${process.pid} ${chance.token(8)}`;
  const events = createEvents(telemetry.metrics, telemetry.logger);
  const stored = new PostgresNotices({ database, keys, clock });
  const notifier = new Notifier({ notices: stored, bus, clock, random, events, backOff, sweepMs });
  const shared = {
    bus,
    clock,
    random,
    events,
    queues: new PostgresQueues({ database, keys, clock, quota, batching }),
    leases: new PostgresLeases({ database, worker, leaseMs }),
    marks: state.queues,
    registrations: state.registrations,
    inflater: zlibInflater,
    notices: { chance, ownImdnUris: new Set(imdnUri === undefined ? [] : [imdnUri]) },
    onNotice: () => notifier.wake(),
  };
  const pusher = new Pusher({ ...shared, ...config, maxConcurrent: config.maxConcurrentPushes });
  return { ...shared, notifier, pusher, sweeper: new Sweeper({ ...shared, ...config, pusher }) };
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
