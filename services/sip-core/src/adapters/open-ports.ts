import { migrate } from "@heliograph/database";
import { fileURLToPath } from "node:url";
import type { Ports } from "../compose.js";
import { TemporaryGruus } from "../domain/gruu.js";
import { createEvents } from "../events.js";
import type { SipCoreDeps } from "../sip-core-deps.js";
import { CachedSubscribers } from "./cached-subscribers.js";
import { NodeDigests } from "./node-digests.js";
import { PostgresDomains } from "./postgres-domains.js";
import { sharedKey } from "./postgres-keys.js";
import { PostgresSubscribers } from "./postgres-subscribers.js";
import { StatelessNonces } from "./stateless-nonces.js";

const migrations = { schema: "sip_core", dir: fileURLToPath(new URL("../../migrations", import.meta.url)) };

/** Brings the schema up to date and fills the ports with Postgres and live state. */
export async function openPorts({
  bus,
  database,
  state,
  clock,
  chance,
  config,
  metrics,
  logger,
}: SipCoreDeps): Promise<Ports> {
  await migrate(database, migrations);
  const directory = new PostgresSubscribers(database);
  const [nonceKey, gruuKey] = await Promise.all([
    sharedKey(database, "nonces"),
    sharedKey(database, "gruus"),
  ]);
  return {
    bus,
    clock,
    chance,
    events: createEvents(metrics, logger),
    registrations: state.registrations,
    nonceCounts: state.nonceCounts,
    domains: new PostgresDomains(database, clock),
    subscribers: new CachedSubscribers({
      read: (aors) => directory.read(aors),
      clock,
      maxSubscribers: config.cachedSubscribers,
    }),
    directory,
    nonces: new StatelessNonces(nonceKey, { clock, chance, lifeMs: config.nonceLifeMs }),
    digests: new NodeDigests(),
    gruus: new TemporaryGruus(gruuKey),
  };
}
