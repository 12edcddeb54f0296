import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Database, migrate } from "@heliograph/database";
import { startPostgres, type TestServer } from "@heliograph/testkit";
import { cleared, connect, given, type Wishes } from "./given.js";

/** Of the suite that asked for them. */
export let postgres: TestServer;
export let database: Database;

/** Gives a suite a Postgres of its own; with our tables, where no service makes them. */
export function usePostgres({ withTables = false } = {}): void {
  beforeAll(async () => {
    postgres = await startPostgres();
    database = connect(postgres.url);
    if (withTables)
      await migrate(database, { schema: "deferred", dir: join(import.meta.dirname, "../migrations") });
  });

  afterAll(async () => {
    await database.close();
    await postgres.stop();
  });
}

/** Runs the service over empty tables for as long as `work` takes. */
export async function withStore(
  wishes: Omit<Wishes, "database">,
  work: (it: Awaited<ReturnType<typeof given>>) => Promise<void>,
): Promise<void> {
  const service = await given({ ...wishes, database: await cleared(database) });
  try {
    await work(service);
  } finally {
    await service.stop();
  }
}
