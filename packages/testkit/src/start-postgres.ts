import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@heliograph/database";
import { acquireServer } from "./acquire-server.js";
import type { TestServer } from "./test-server.js";

/** A Postgres whose database is empty; `TEST_DATABASE_URL` names one that is there already. */
export function startPostgres(): Promise<TestServer> {
  return acquireServer({
    variable: "TEST_DATABASE_URL",
    image: {
      name: "postgres:18-alpine",
      port: 5432,
      environment: {
        POSTGRES_USER: "heliograph",
        POSTGRES_PASSWORD: "heliograph",
        POSTGRES_DB: "heliograph",
      },
      ready: /database system is ready to accept connections/,
      readyTimes: 2,
      url: (port) => `postgres://heliograph:heliograph@127.0.0.1:${port}/heliograph`,
    },
    embedded: startEmbedded,
  });
}

async function startEmbedded(): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "postgres-"));
  let server = await startEmbeddedPostgres({ dataDir });
  const kill = async () => {
    const pid = server.pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await server.stop();
  };
  return {
    url: server.url,
    source: "embedded",
    kill,
    restart: async () => {
      await kill();
      server = await startEmbeddedPostgres({ dataDir });
    },
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
