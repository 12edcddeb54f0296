import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  BatchingWriter,
  type Database,
  DatabaseError,
  type EmbeddedPostgres,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
  statement,
} from "../src/index.js";

const dataDir = mkdtempSync(join(tmpdir(), "database-test-"));
let postgres: EmbeddedPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir });
  database = openDatabase({ url: postgres.url, statementTimeoutMs: 1_000, connectTimeoutMs: 1_000 });
  await database.query("CREATE TABLE things (name text PRIMARY KEY, size int8 NOT NULL CHECK (size < 1000))");
});

afterAll(async () => {
  await database.close();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const insert = statement("test/insert", "INSERT INTO things (name, size) VALUES ($1, $2) RETURNING size");
const insertMany = statement(
  "test/insert-many",
  "INSERT INTO things (name, size) SELECT * FROM unnest($1::text[], $2::int8[]) RETURNING name",
);
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof DatabaseError ? error.failure : error),
  );

describe("a database", () => {
  it("gives int8 as a number", async () => {
    expect(await database.query("SELECT 9007199254740991::int8 AS n")).toEqual([
      { n: 9_007_199_254_740_991 },
    ]);
  });

  it("names a conflict and a rejection, and goes on with the same connections", async () => {
    await database.query(insert, ["taken", 1]);
    expect(await failureOf(database.query(insert, ["taken", 1]))).toBe("conflict");
    expect(await failureOf(database.query("SELEC 1"))).toBe("rejected");
    expect(await database.isHealthy()).toBe(true);
  });

  it("sends hot statements one after the other without letting a failed one touch its neighbours", async () => {
    const outcomes = await Promise.allSettled(
      [1, 2, 5_000, 3].map((size) => database.hot<{ size: number }>(insert, [`hot-${size}`, size])),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  });

  it("cancels a statement that takes too long, as a timeout", async () => {
    const startedAt = performance.now();
    expect(await failureOf(database.query("SELECT pg_sleep(10)"))).toBe("timeout");
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("commits a transaction, and rolls it back when its work throws", async () => {
    await database.transaction((inside) => inside.query(insert, ["kept", 1]));
    const broken = new Error("changed my mind");
    const attempt = database.transaction(async (inside) => {
      await inside.query(insert, ["not kept", 1]);
      throw broken;
    });
    await expect(attempt).rejects.toBe(broken);
    expect(await database.query("SELECT name FROM things WHERE name LIKE '%kept'")).toEqual([
      { name: "kept" },
    ]);
  });

  it("writes batches in which a poisoned row fails alone", async () => {
    const writer = new BatchingWriter<number, string>({
      write: async (sizes) => {
        const rows = await database.hot<{ name: string }>(insertMany, [
          sizes.map((size) => `batch-${size}`),
          sizes,
        ]);
        return rows.map(({ name }) => name);
      },
    });
    const outcomes = await Promise.allSettled([10, 11, 5_000, 12].map((size) => writer.add(size)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    const [row] = await database.query<{ n: number }>(
      "SELECT count(*) AS n FROM things WHERE name LIKE 'batch-%'",
    );
    expect(row?.n).toBe(3);
  });
});

describe("migrations", () => {
  it("run once each, in their own schema, also when two processes start together", async () => {
    const dir = mkdtempSync(join(tmpdir(), "migrations-"));
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "0001_first.sql"), "CREATE TABLE first (n integer); SELECT pg_sleep(0.2);");
    const [one, other] = await Promise.all([
      migrate(database, { schema: "two_at_once", dir }),
      migrate(database, { schema: "two_at_once", dir }),
    ]);
    expect([...one, ...other]).toEqual(["0001_first"]);
    writeFileSync(join(dir, "0002_second.sql"), "ALTER TABLE first ADD COLUMN m integer NOT NULL DEFAULT 0;");
    expect(await migrate(database, { schema: "two_at_once", dir })).toEqual(["0002_second"]);
    expect(await database.query("SELECT n, m FROM two_at_once.first")).toEqual([]);
    rmSync(dir, { recursive: true, force: true });
  });

  it("leave nothing behind when one of them fails", async () => {
    const dir = mkdtempSync(join(tmpdir(), "migrations-"));
    writeFileSync(join(dir, "0001_good.sql"), "CREATE TABLE good (n integer);");
    writeFileSync(join(dir, "0002_bad.sql"), "CREATE TABEL bad (n integer);");
    await expect(migrate(database, { schema: "half", dir })).rejects.toMatchObject({ name: "DatabaseError" });
    expect(
      await database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'half' AND tablename = 'good'"),
    ).toEqual([]);
    rmSync(dir, { recursive: true, force: true });
  });
});

describe("a database whose server hangs or dies", () => {
  it("fails every call within a bounded time with a typed error, and works again by itself", async () => {
    const pid = postgres.pid() ?? 0;
    process.kill(pid, "SIGSTOP");
    const children = await database
      .query<{ pid: number }>("SELECT pid FROM pg_stat_activity")
      .catch(() => []);
    const pids = children.map((child) => child.pid);
    for (const child of pids) process.kill(child, "SIGSTOP");
    try {
      const startedAt = performance.now();
      const calls = [
        database.query("SELECT 1"),
        database.hot(insert, ["hanging", 1]),
        database.transaction((inside) => inside.query("SELECT 1")),
      ];
      expect(await Promise.all(calls.map(failureOf))).toEqual(["timeout", "timeout", "timeout"]);
      expect(performance.now() - startedAt).toBeLessThan(6_000);
      expect(await database.isHealthy()).toBe(false);
    } finally {
      for (const child of [pid, ...pids]) process.kill(child, "SIGCONT");
    }
    expect(await eventually(() => database.isHealthy())).toBe(true);
    expect(await database.hot(insert, ["after the hang", 1])).toHaveLength(1);
  });

  it("has its server started again on the same port when it is killed", async () => {
    const pid = postgres.pid() ?? 0;
    process.kill(pid, "SIGKILL");
    expect(await failureOf(eventually(async () => !(await database.isHealthy())))).toBe("no failure");
    expect(await eventually(() => database.isHealthy())).toBe(true);
    expect(postgres.pid()).not.toBe(pid);
    expect(await database.hot(insert, ["after the kill", 1])).toHaveLength(1);
    expect(await database.query("SELECT name FROM things WHERE name = 'kept'")).toHaveLength(1);
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 200; i += 1) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
