import { Client } from "pg";
import { runner } from "node-pg-migrate";
import { configOf, type Database } from "./database.js";
import { toDatabaseError } from "./database-error.js";

/** What brings a schema up to date. */
export interface Migrations {
  /** Of one service alone; made when it is not there. */
  readonly schema: string;
  /** Absolute path of the folder with `0001_name.sql`, `0002_name.sql` …: plain SQL, forward only. */
  readonly dir: string;
}

/**
 * Runs what has not run yet, all of it in one transaction, and answers with the names. Processes that
 * start together wait for each other on an advisory lock. Unqualified names in the SQL mean the schema.
 */
export async function migrate(database: Database, { schema, dir }: Migrations): Promise<readonly string[]> {
  const client = new Client({ ...configOf(database), statement_timeout: 0, query_timeout: 0 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const ran = await runner({
      dbClient: client,
      dir,
      direction: "up",
      schema,
      createSchema: true,
      migrationsTable: "migrations",
      singleTransaction: true,
      advisoryLockMode: "wait",
      logger: silent,
    });
    return ran.map(({ name }) => name);
  } catch (cause) {
    throw toDatabaseError(cause);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const nothing = () => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
