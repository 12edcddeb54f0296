import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from "../src/index.js";

const dataDir = join(mkdtempSync(join(tmpdir(), "embedded-test-")), "made/when/needed");
let running: EmbeddedPostgres | undefined;

const start = async (): Promise<EmbeddedPostgres> => {
  running = await startEmbeddedPostgres({ dataDir });
  return running;
};

beforeAll(async () => {
  const first = await start();
  await write(first, "CREATE TABLE kept (n integer)");
  await first.stop();
});

afterAll(() => {
  rmSync(join(dataDir, "../../.."), { recursive: true, force: true });
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

describe("an embedded Postgres", () => {
  it("starts on existing data within a second, on the port of last time", async () => {
    const before = await start();
    await before.stop();
    const startedAt = performance.now();
    const again = await start();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(again).toMatchObject({ port: before.port, isAdopted: false });
  });

  it("keeps its data in the folder that was named, also where a program made that folder for itself alone", async () => {
    await start();
    expect(existsSync(join(dataDir, "cluster/PG_VERSION"))).toBe(true);
  });

  it("keeps its password where only its owner can read it", async () => {
    const { url } = await start();
    const path = join(dataDir, "password");
    expect(url).toContain(readFileSync(path, "utf8").trim());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("listens on the loopback interface only, with fsync and a password", async () => {
    const { url } = await start();
    const database = openDatabase({ url });
    const [settings] = await database.query(
      "SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages",
    );
    expect(settings).toEqual({ listen: "127.0.0.1", fsync: "on", pages: "on" });
    await database.close();
    const stranger = openDatabase({ url: url.replace(/:[^:@]+@/, ":guess@") });
    await expect(stranger.query("SELECT 1")).rejects.toMatchObject({ name: "DatabaseError" });
    await stranger.close();
  });

  it("is adopted when the process that started it was killed, with everything committed", async () => {
    const { child, ready } = spawnHolder();
    const { pid, port } = await ready;
    child.kill("SIGKILL");
    const adopted = await start();
    expect(adopted).toMatchObject({ port, isAdopted: true });
    expect(adopted.pid()).toBe(pid);
    await write(adopted, "INSERT INTO kept VALUES (1)");
    await adopted.stop();
    expect(adopted.pid()).toBeUndefined();
  });

  it("is not taken for running because a file says so: a pid that nobody has, or that another program has by now", async () => {
    for (const pid of [4_000_000, process.pid]) {
      writeFileSync(
        join(dataDir, "cluster/postmaster.pid"),
        `${pid}\n${dataDir}/cluster\n1\n1\n\n127.0.0.1\n\nready\n`,
      );
      const server = await start();
      expect(server).toMatchObject({ isAdopted: false });
      await server.stop();
    }
  });

  it("refuses a folder that another process uses, and says which process that is", async () => {
    const { child, ready } = spawnHolder();
    await ready;
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      name: "EmbeddedPostgresError",
      failure: "held",
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
  });

  it("recovers when server and process are killed together", async () => {
    const { child, ready } = spawnHolder();
    const { pid } = await ready;
    child.kill("SIGKILL");
    process.kill(pid, "SIGKILL");
    const server = await start();
    const database = openDatabase({ url: server.url });
    expect(await database.query("SELECT n FROM kept WHERE n = 1")).toEqual([{ n: 1 }]);
    await database.close();
  });

  it("says what is wrong when it cannot start", async () => {
    const broken = mkdtempSync(join(tmpdir(), "embedded-broken-"));
    const first = await startEmbeddedPostgres({ dataDir: broken });
    await first.stop();
    writeFileSync(join(broken, "cluster/postgresql.conf"), "no_such_setting = on\n");
    await expect(startEmbeddedPostgres({ dataDir: broken, startTimeoutMs: 1_500 })).rejects.toMatchObject({
      failure: "failed",
      message: expect.stringContaining("no_such_setting"),
    });
    rmSync(broken, { recursive: true, force: true });
  });
});

async function write({ url }: EmbeddedPostgres, sql: string): Promise<void> {
  const database = openDatabase({ url });
  await database.query(sql);
  await database.close();
}

/** Another process that holds the folder until it gets SIGTERM. */
function spawnHolder(): {
  readonly child: ChildProcess;
  readonly ready: Promise<{ pid: number; port: number }>;
} {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, "../dist/index.js"))};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ pid: server.pid(), port: server.port }));
    process.on("SIGTERM", () => server.stop().then(() => process.exit(0)));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const ready = new Promise<{ pid: number; port: number }>((resolve, reject) => {
    child.stdout?.once("data", (line: Buffer) => resolve(JSON.parse(line.toString())));
    child.once("exit", (code) => reject(new Error(`the holder ended with ${code}`)));
  });
  ready.catch(() => undefined);
  return { child, ready };
}
