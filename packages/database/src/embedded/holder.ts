import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { EmbeddedPostgresError } from "./embedded-postgres-error.js";

/** Ours among the advisory locks of the cluster. */
const lockKey = 0x48454c49;
const patienceMs = 2_000;

/**
 * Makes this process the one that owns the cluster, by a lock that lives exactly as long as the connection:
 * it goes with a process that is killed, and nothing has to be cleaned up.
 * Throws {@link EmbeddedPostgresError} `held` that names the owner when there is another.
 */
export async function holdCluster(url: string, dataDir: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: `heliograph process ${process.pid} on ${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on("error", () => undefined);
  await client.connect();
  const deadline = Date.now() + patienceMs;
  while (!(await tryLock(client))) {
    if (Date.now() < deadline) {
      await wait(100);
      continue;
    }
    const owner = await ownerOf(client);
    await client.end();
    throw new EmbeddedPostgresError(
      "held",
      `${dataDir} is in use by ${owner}; stop it, or choose another folder`,
    );
  }
  return client;
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [
    lockKey,
  ]);
  return rows[0]?.held === true;
}

async function ownerOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ owner: string }>(
    `SELECT a.application_name AS owner FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = $1 AND l.granted`,
    [lockKey],
  );
  return rows[0]?.owner ?? "a process that is just starting or stopping";
}
