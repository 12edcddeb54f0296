import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Env, Lifecycle } from "@heliograph/runtime";
import { startNats, startPostgres, startRedis, type TestServer } from "@heliograph/testkit";
import { type AllInOne, startAllInOne } from "../src/index.js";

let dataDir: string;
let lifecycle: Lifecycle;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "all-in-one-"));
  chmodSync(dataDir, 0o711);
  lifecycle = new Lifecycle();
});
afterEach(async () => {
  await lifecycle.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const free = "udp:127.0.0.1:0,tcp:127.0.0.1:0";
const start = (env: Env = {}) => {
  const base = {
    DATA_DIR: dataDir,
    SIP_LISTEN: free,
    MSRP_LISTEN: "tcp:127.0.0.1:0",
    ADMIN_PORT: "0",
    HEALTH_PORT: "0",
    LOG_LEVEL: "silent",
  };
  return startAllInOne({ ...base, ...env }, lifecycle);
};
const restart = async (env: Env = {}) => {
  await lifecycle.close();
  return start(env);
};
const key = () => readFileSync(join(dataDir, "admin-key"), "utf8").trim();
const subscribersOf = async ({ adminUrl }: AllInOne): Promise<readonly string[]> => {
  const answer = await fetch(`${adminUrl}/v1/subscribers`, { headers: { authorization: `Bearer ${key()}` } });
  const text = await answer.text();
  return [...new Set(text.match(/sip:\w+@[\w.]+/g))].sort();
};
const demo = ["sip:alice@127.0.0.1", "sip:bob@127.0.0.1", "sip:carol@127.0.0.1"];

describe("the embedded form", () => {
  it("starts from nothing, is ready, and has demo users", async () => {
    const running = await start();
    expect(running.points.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
    expect(running.points.every(({ port }) => port > 0)).toBe(true);
    const health = await fetch(`${running.healthUrl}/readyz`);
    expect([health.status, await health.text()]).toEqual([200, expect.stringContaining("postgres: ok")]);
    expect(await subscribersOf(running)).toEqual(demo);
    expect(existsSync(join(dataDir, "postgres", "cluster"))).toBe(true);
    expect(running.greeting).toContain("Heliograph is running");
  }, 60_000);

  it("keeps the key of its admin API for its owner, and refuses who does not show it", async () => {
    const { adminUrl } = await start();
    expect(statSync(join(dataDir, "admin-key")).mode & 0o777).toBe(0o600);
    expect((await fetch(`${adminUrl}/v1/subscribers`)).status).toBe(401);
    const kept = key();
    await restart();
    expect(key()).toBe(kept);
  }, 60_000);

  it("starts within 3 s over a database that is there", async () => {
    await start();
    await lifecycle.close();
    const startedAtMs = performance.now();
    await start();
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  }, 60_000);

  it("has no demo users where it is told so, and takes them away from where others could reach them", async () => {
    expect(await subscribersOf(await start({ DEMO_USERS: "off" }))).toEqual([]);
    expect(await subscribersOf(await restart())).toEqual(demo);
    const open = await restart({ SIP_LISTEN: "udp:0.0.0.0:0" });
    expect(await subscribersOf(open)).toEqual([]);
    expect(open.greeting).not.toContain("alice");
  }, 60_000);

  it("says all that is wrong with its settings before it opens anything", async () => {
    const broken = start({ SIP_LISTEN: "pigeon:1", ADMIN_PORT: "many", PAGER_MAX_BYTES: "big" });
    await expect(broken).rejects.toThrow(/SIP_LISTEN[^]*PAGER_MAX_BYTES[^]*ADMIN_PORT/);
  });
});

describe("the parts of the embedded form, each swapped on its own", () => {
  let [nats, redis, postgres]: [TestServer?, TestServer?, TestServer?] = [];
  beforeAll(async () => {
    [nats, redis, postgres] = await Promise.all([startNats(), startRedis(), startPostgres()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([nats, redis, postgres].map(async (server) => server?.stop()));
  });

  it.each<[string, () => Env]>([
    ["NATS", () => ({ NATS_URL: nats?.url })],
    ["Redis", () => ({ REDIS_URL: redis?.url })],
    ["Postgres", () => ({ DATABASE_URL: postgres?.url })],
  ])(
    "runs over %s, without demo users",
    async (name, env) => {
      const running = await start(env());
      expect((await fetch(`${running.healthUrl}/readyz`)).status).toBe(200);
      expect(await subscribersOf(running)).toEqual([]);
      expect(running.greeting).toMatch(new RegExp(`${name} at 127\\.0\\.0\\.1:\\d+`));
    },
    60_000,
  );
});
