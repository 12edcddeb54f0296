import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@heliograph/database";
import { HeliographServer } from "@heliograph/testkit";
import { generatorAddress } from "./load.js";
import { cpuMicros } from "./process-usage.js";

/** How many users there are: senders `a0…`, recipients `b0…` that have devices, recipients `c0…` that have none. */
export const users = 100;

/** A server under load, with a Postgres of its own. */
export interface ServerAtWork {
  readonly port: number;
  readonly server: HeliographServer;
  readonly databaseUrl: string;
  /** CPU of all its processes so far, Postgres included, in microseconds. */
  cpuMicros(): number;
  stop(): Promise<void>;
}

/** Starts a server that trusts the generator and knows the users. */
export async function startServer(form: "embedded" | "distributed"): Promise<ServerAtWork> {
  const { postgres, remove } = await startDurablePostgres();
  const server = await HeliographServer.start({
    form,
    env: {
      DATABASE_URL: postgres.url,
      TRUSTED_CORES: generatorAddress,
      RATE_LIMIT_MESSAGES: "0",
      DEFERRED_MAX_MESSAGES: "1000000",
      ADMIN_RATE_LIMIT: "1000000",
      // sipp 3.6 gives up when the first challenge is not MD5.
      DIGEST_ALGORITHMS: "MD5",
    },
  });
  await server.addDomain("127.0.0.1");
  for (let n = 0; n < users; n += 1) {
    await Promise.all(
      ["a", "b", "c"].map((letter) => server.addUser(`sip:${letter}${n}@127.0.0.1`, "secret")),
    );
  }
  return {
    port: server.ports.sip,
    server,
    databaseUrl: postgres.url,
    cpuMicros: () => cpuMicros(server.pid) + postgresMicros(postgres),
    stop: async () => {
      await server.stop();
      await remove();
    },
  };
}

/** The Postgres that both sides of a comparison use, each an own one: fsync on. */
export async function startDurablePostgres(): Promise<{
  postgres: EmbeddedPostgres;
  remove: () => Promise<void>;
}> {
  const dataDir = mkdtempSync(join(tmpdir(), "bench-postgres-"));
  const postgres = await startEmbeddedPostgres({ dataDir });
  return {
    postgres,
    remove: async () => {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** CPU that all processes of a Postgres have used, in microseconds. */
export function postgresMicros(postgres: EmbeddedPostgres): number {
  const pid = postgres.pid();
  return pid === undefined ? 0 : cpuMicros(pid);
}
