import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { type Bus, deferredStore, sipCore } from "@heliograph/contracts";
import { type Database, migrate } from "@heliograph/database";
import type { Chance, Clock } from "@heliograph/kernel";
import { createMsrpEndpoints, type MsrpEndpoints } from "@heliograph/msrp-stack";
import { ConfigError, type Service } from "@heliograph/runtime";
import type { State } from "@heliograph/state";
import type { Telemetry } from "@heliograph/telemetry";
import { type KeyRing, keyRingIn, parseKeyRing } from "./adapters/key-ring.js";
import { PostgresContents } from "./adapters/postgres-contents.js";
import { PostgresLeases } from "./adapters/postgres-leases.js";
import { PostgresNotices } from "./adapters/postgres-notices.js";
import { PostgresQueues } from "./adapters/postgres-queues.js";
import { zlibInflater } from "./adapters/zlib-inflater.js";
import type { DeferredStoreConfig } from "./config.js";
import { createEvents } from "./events.js";
import { checkLegs } from "./handlers/check-legs.js";
import { closeLeg } from "./handlers/close-leg.js";
import { hearUserAvailable } from "./handlers/hear-user-available.js";
import { openRetrieval } from "./handlers/open-retrieval.js";
import { receiveLargeMessage } from "./handlers/receive-large-message.js";
import { reportStatus } from "./handlers/report-status.js";
import { storeMessage } from "./handlers/store-message.js";
import { Legs } from "./legs/legs.js";
import type { StorageRules } from "./ports.js";
import { announcing } from "./push/announce.js";
import { Notifier } from "./push/notifier.js";
import { Pusher } from "./push/pusher.js";
import { Sweeper } from "./push/sweeper.js";
import { OpenUploads } from "./receive/open-uploads.js";
import { pushBySession } from "./send/push-by-session.js";

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
  const { queues, pusher, sweeper, notifier, uploads, legs, endpoints, events } = parts;
  const announce = announcing({ ...parts, marks, registrations, firstBackOffMs: config.backOff.firstMs });
  const node = { node: config.sessions.nodeId };

  return {
    async start() {
      await migrate(database, { schema: "deferred", dir: migrations });
      await endpoints.start();
      await sweeper
        .rebuildMarks()
        .catch((error: unknown) => events.troubled("marks are not rebuilt yet", error));
      for (const worker of [pusher, sweeper, notifier, uploads]) worker.start();
      const receiving = { ...parts, ...config, announce, rules };
      await bus.serve(deferredStore.storeMessage, {}, storeMessage(receiving));
      await bus.serve(deferredStore.reportStatus, {}, reportStatus({ queues }));
      await bus.serve(deferredStore.checkLegs, node, checkLegs({ legs }));
      await bus.serve(deferredStore.closeLeg, node, closeLeg({ legs }));
      await bus.serve(deferredStore.receiveLargeMessage, {}, receiveLargeMessage(receiving));
      await bus.serve(deferredStore.openRetrieval, {}, openRetrieval(parts));
      await bus.listen(sipCore.userAvailable, {}, "deferred-store", hearUserAvailable({ marks, pusher }));
    },
    async stop() {
      notifier.stop();
      uploads.stop();
      await sweeper.stop();
      const pushing = pusher.stop(stopGraceMs);
      legs.closeAll("the worker stops");
      await pushing;
      await endpoints.stop();
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
  const { backOff, sweepMs, leaseMs, imdnUri, quota, batching, sessions } = config;
  const keys = keysOf(config);
  const worker = `${hostname()} ${process.pid} ${chance.token(8)}`;
  const events = createEvents(telemetry.metrics, telemetry.logger);
  const stored = new PostgresNotices({ database, keys, clock });
  const notifier = new Notifier({ notices: stored, bus, clock, random, events, backOff, sweepMs });
  const endpoints = openEndpoints(sessions, { clock, chance });
  const shared = {
    bus,
    clock,
    random,
    events,
    queues: new PostgresQueues({ database, keys, clock, quota, batching }),
    contents: new PostgresContents({ database, keys, clock, quota, leaseMs }),
    legs: new Legs({ clock, chance, events, node: sessions.nodeId, ...sessions }),
    endpoints,
    newEnd: () => ({
      uri: endpoints.createUri("tcp"),
      sessionId: String(clock.nowMs()),
      setup: sessions.setup,
      relay: sessions.relay,
    }),
    chance,
    stallMs: sessions.stallMs,
    pieces: { pieceBytes: 256 * 1024, maxOpen: 4 },
    leases: new PostgresLeases({ database, worker, leaseMs }),
    marks: state.queues,
    registrations: state.registrations,
    inflater: zlibInflater,
    notices: { chance, ownImdnUris: new Set(imdnUri === undefined ? [] : [imdnUri]) },
    onNotice: () => notifier.wake(),
  };
  const uploads = new OpenUploads({ ...shared, leaseMs });
  const pusher = new Pusher({
    ...shared,
    ...config,
    maxConcurrent: config.maxConcurrentPushes,
    pushBySession: pushBySession({ ...shared, storeUser: sessions.storeUser }),
  });
  const sweeper = new Sweeper({ ...shared, ...config, pusher });
  return { ...shared, notifier, pusher, uploads, sweeper };
}

/** Where the relay reaches us. */
function openEndpoints(
  { listen, host }: DeferredStoreConfig["sessions"],
  deps: Pick<DeferredStoreDeps, "clock" | "chance">,
): MsrpEndpoints {
  return createMsrpEndpoints({ ...deps, listen: [listen], ...(host !== undefined && { host }) });
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
