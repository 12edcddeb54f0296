import { type ClientConfig, Pool, type PoolClient, TypeOverrides } from "pg";
import { toDatabaseError } from "./database-error.js";
import { PipelinedClient } from "./pipelined-client.js";
import type { Statement } from "./statement.js";

/** Runs statements; the row type is the caller's word for what the SQL selects. */
export interface Queryable {
  /** The rows that the statement gave. Throws a {@link DatabaseError}. */
  query<Row extends object>(sql: Statement | string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** One Postgres, as a service sees it. Every call ends within a bounded time, and works again once the server is back. */
export interface Database extends Queryable {
  /**
   * Runs one statement on the connection that all hot work shares: statements are sent without waiting for
   * the answers of those before them. Not for transactions, and not for statements that may take long.
   */
  hot<Row extends object>(sql: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `work` between BEGIN and COMMIT; rolls back when it throws. Settles after the commit. */
  transaction<T>(work: (inside: Queryable) => Promise<T>): Promise<T>;
  /** Whether the server answers, within the connect timeout. Never throws. */
  isHealthy(): Promise<boolean>;
  /** Finishes what is in hand and closes all connections. */
  close(): Promise<void>;
  readonly url: string;
}

/** Where the database is and how long it may take. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  readonly poolSize?: number;
  /** A statement that takes longer is cancelled by the server; a second later the connection is given up. */
  readonly statementTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** How long to wait for a connection, be it a new one or a free one. */
  readonly connectTimeoutMs?: number;
  /** Told of a connection that broke while nobody used it. */
  readonly onLostConnection?: (error: Error) => void;
}

/** Opens a pool and the shared hot connection; connects on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const config = configOf(options);
  const pool = new Pool({ ...config, max: options.poolSize ?? 8, idleTimeoutMillis: 30_000 });
  const lost = options.onLostConnection ?? (() => undefined);
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", lost));
  const shared = new PipelinedClient(config);
  return {
    url: options.url,
    query: (sql, values) => queryPool(pool, sql, values),
    hot: (sql, values) => shared.query(sql, values),
    transaction: (work) => runTransaction(pool, work),
    isHealthy: () =>
      queryPool(pool, "SELECT 1", []).then(
        () => true,
        () => false,
      ),
    close: async () => {
      await shared.close();
      await pool.end();
    },
  };
}

/** The driver's settings, also used by a migration (with its own limits). */
export function configOf(options: DatabaseOptions): ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? "heliograph",
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    keepAlive: true,
    types: numbersForInt8,
  };
}

const int8 = 20;

/** As the driver's, but int8 is a number: ours are milliseconds, sizes and counts, all below 2^53. */
const numbersForInt8 = new TypeOverrides();
numbersForInt8.setTypeParser(int8, Number);

async function queryPool<Row extends object>(
  pool: Pool,
  sql: Statement | string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = await connect(pool);
  try {
    const rows = await run<Row>(client, sql, values);
    client.release();
    return rows;
  } catch (cause) {
    throw releaseAfter(client, cause);
  }
}

async function runTransaction<T>(pool: Pool, work: (inside: Queryable) => Promise<T>): Promise<T> {
  const client = await connect(pool);
  const inside: Queryable = { query: (sql, values = []) => run(client, sql, values) };
  try {
    await inside.query("BEGIN");
    const outcome = await work(inside);
    await inside.query("COMMIT");
    client.release();
    return outcome;
  } catch (cause) {
    const isRolledBack = await inside.query("ROLLBACK").then(
      () => true,
      () => false,
    );
    client.release(!isRolledBack);
    throw cause;
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    throw toDatabaseError(cause);
  }
}

async function run<Row extends object>(
  client: PoolClient,
  sql: Statement | string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  try {
    const query = typeof sql === "string" ? { text: sql } : sql;
    const result = await client.query<Row>({ ...query, values: [...values] });
    return result.rows;
  } catch (cause) {
    throw toDatabaseError(cause);
  }
}

/** A statement that failed leaves a good connection; anything else is thrown away. */
function releaseAfter(client: PoolClient, cause: unknown): Error {
  const error = toDatabaseError(cause);
  client.release(error.sqlState === undefined || error.failure === "unavailable");
  return error;
}
