import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HeliographServer, startNats, startPostgres, startRedis, type TestServer } from "@heliograph/testkit";
import { endure, mustHaveKeptItsWord, outageMs, recoveryMs, within } from "./outage.js";
import { SteadyLoad } from "./steady-load.js";

const processes = 5;
const timeoutMs = outageMs + 120_000;

let nats: TestServer;
let redis: TestServer;
let postgres: TestServer;
let server: HeliographServer;
beforeAll(async () => {
  [nats, redis, postgres] = await Promise.all([startNats(), startRedis(), startPostgres()]);
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url, DATABASE_URL: postgres.url };
  server = await HeliographServer.start({ form: "distributed", env });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await Promise.all([nats, redis, postgres].map((one) => one?.stop()));
}, 60_000);

/** Whether every process says that it is ready. */
async function isReady(): Promise<boolean> {
  const ports = Array.from({ length: processes }, (_, index) => server.ports.health + index);
  const answers = await Promise.all(
    ports.map((port) =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  );
  return answers.every((ok) => ok);
}

async function recovers(load: SteadyLoad): Promise<void> {
  const readyMs = await within(recoveryMs, "every process is ready", isReady);
  await load.comeBack();
  const passesMs = await within(
    recoveryMs - readyMs,
    "messages pass",
    async () => (await load.probe()).kind === "accepted",
  );
  process.stdout.write(
    `recovered: ready after ${readyMs.toFixed(0)} ms, messages ${passesMs.toFixed(0)} ms later\n`,
  );
}

const seconds = outageMs / 1_000;

describe(`GEN-14 a part of the service is gone for ${seconds} s under load: no false 2xx, and it recovers by itself`, () => {
  it(
    "NATS",
    async () => {
      const load = await SteadyLoad.start(server, "nats");
      const meanwhile = await endure(load, { begin: () => nats.kill(), end: () => nats.restart() }, isReady);
      await recovers(load);
      await mustHaveKeptItsWord(load);
      expect(meanwhile.wasReady).toBe(false);
      expect(meanwhile.sendings.length).toBeGreaterThan(4);
      expect(meanwhile.sendings.filter(({ sent }) => sent.kind === "accepted")).toEqual([]);
      await load.leave();
    },
    timeoutMs,
  );

  it(
    "Redis, with all that it knew",
    async () => {
      const load = await SteadyLoad.start(server, "redis");
      const meanwhile = await endure(
        load,
        { begin: () => redis.kill(), end: () => redis.restart() },
        isReady,
      );
      await recovers(load);
      await mustHaveKeptItsWord(load);
      expect(meanwhile.wasReady).toBe(false);
      expect(meanwhile.sendings.length).toBeGreaterThan(4);
      await load.leave();
    },
    timeoutMs,
  );

  it(
    "DF-01 Postgres",
    async () => {
      const load = await SteadyLoad.start(server, "postgres");
      const meanwhile = await endure(
        load,
        { begin: () => postgres.kill(), end: () => postgres.restart() },
        isReady,
      );
      await recovers(load);
      await mustHaveKeptItsWord(load);
      expect(meanwhile.wasReady).toBe(false);
      const toAway = meanwhile.sendings.filter(({ to }) => to === load.awayUser);
      expect(toAway.length).toBeGreaterThan(0);
      expect(toAway.filter(({ sent }) => sent.kind === "accepted")).toEqual([]);
      await load.leave();
    },
    timeoutMs,
  );
});
