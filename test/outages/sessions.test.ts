import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectRedisState } from "@heliograph/state";
import { HeliographServer, startNats, startPostgres, startRedis, type TestServer } from "@heliograph/testkit";
import { allReady, leftOver } from "./left-over.js";
import { type Outage, outageMs, within } from "./outage.js";
import { type Pair, SessionLoad } from "./session-load.js";

/** How long an INVITE may take to be refused while something is gone. */
const answerMs = 10_000;
const recoveryMs = 15_000;
/** What was sent when it began, or ended, is looked at by nobody. */
const settleMs = 1_500;
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

const isReady = (): Promise<boolean> => allReady(server);

/** Has Redis answer nobody for so long; it forgets nothing. */
async function pauseRedis(ms: number): Promise<void> {
  const { hostname, port } = new URL(redis.url);
  const socket = connect(Number(port), hostname);
  socket.write(`CLIENT PAUSE ${ms} ALL\r\n`);
  await once(socket, "data");
  socket.destroy();
}

/** What is left of sessions: in live state, at the relay, and at the edge. */
async function everythingLeft(): Promise<readonly string[]> {
  const state = await connectRedisState(redis.url);
  const conversations = await state.conversations.page(undefined, 10);
  await state.close();
  return [...(await leftOver(server)), ...conversations.map(({ id }) => `the conversation ${id}`)];
}

/** What was done while something was gone. */
interface Meanwhile {
  readonly goneMs: number;
  readonly backMs: number;
  readonly wasReady: boolean;
}

/** Takes something away for a while; `act` is what people do then. */
async function endure({ begin, end }: Outage, act: () => Promise<void>): Promise<Meanwhile> {
  await wait(1_000);
  await begin();
  const goneMs = performance.now();
  await wait(settleMs);
  await act();
  await wait(Math.max(0, outageMs - (performance.now() - goneMs)));
  const wasReady = await isReady();
  const backMs = performance.now();
  await end();
  return { goneMs, backMs, wasReady };
}

const without = (server: TestServer): Outage => ({
  begin: () => server.kill(),
  end: () => server.restart(),
});

/** Every INVITE while it was gone had an answer in time: a 5xx, or a session that was one. */
function refusedInTime(load: SessionLoad, { goneMs, backMs }: Meanwhile): readonly number[] {
  const during = load.callings.filter(
    ({ startedMs }) => startedMs > goneMs + settleMs && startedMs < backMs - settleMs,
  );
  expect(Math.max(...during.map(({ startedMs, endedMs }) => endedMs - startedMs))).toBeLessThan(answerMs);
  return during.map(({ opened }) => {
    if (opened.kind === "established") return 200;
    return opened.kind === "refused" ? opened.status : 0;
  });
}

/** Every message of a live session that was said while it was gone has arrived. */
async function talkedOn(load: SessionLoad, { goneMs, backMs }: Meanwhile): Promise<void> {
  const during = load.sayings.filter(({ startedMs }) => startedMs > goneMs && startedMs < backMs);
  expect(during.length).toBeGreaterThan(100);
  expect(during.filter(({ kind }) => kind !== "sent")).toEqual([]);
  await within(5_000, "what was acknowledged is there", () => load.missing.length === 0);
}

async function recovers(load: SessionLoad): Promise<void> {
  const readyMs = await within(recoveryMs, "every process is ready", isReady);
  await load.register();
  const opensMs = await within(recoveryMs - readyMs, "a session opens", () => load.probe());
  process.stdout.write(`ready after ${readyMs.toFixed(0)} ms, a session ${opensMs.toFixed(0)} ms later\n`);
}

/** Sessions that lived through it can be changed, and ended from either side. */
async function canStillBeEnded(pairs: readonly Pair[]): Promise<void> {
  for (const [index, { caller, callee }] of pairs.entries()) {
    const [one, other] = index % 2 === 0 ? [caller, callee] : [callee, caller];
    expect(await one.hold()).toEqual({ kind: "done" });
    expect(await one.resume()).toEqual({ kind: "done" });
    await one.close();
    await within(5_000, "it is over for the other side", () => other.isOver);
  }
}

async function leavesNothing(load: SessionLoad): Promise<void> {
  await load.fallSilent();
  await load.leave();
  let left: readonly string[] = [];
  const isNothing = async (): Promise<boolean> => (left = await everythingLeft()).length === 0;
  await within(25_000, "nothing is left", isNothing).catch(() => undefined);
  expect(left).toEqual([]);
}

describe(`GEN-14 PF-11 a part of the service is gone for ${outageMs / 1_000} s while people talk in sessions`, () => {
  it(
    "NATS: they talk on, nobody begins, and who hangs up meanwhile has hung up",
    async () => {
      const load = await SessionLoad.start(server, "nats");
      const [left, ...kept] = load.silent;
      const meanwhile = await endure(without(nats), async () => {
        expect(await kept[0]?.caller.hold()).toMatchObject({ kind: "refused", status: 503 });
        await left?.caller.close();
      });
      expect(meanwhile.wasReady).toBe(false);
      const answers = refusedInTime(load, meanwhile);
      expect([...new Set(answers)]).toEqual([503]);
      await recovers(load);
      await talkedOn(load, meanwhile);
      await within(15_000, "who was hung up on knows", () => left?.callee.isOver ?? false);
      await load.fallSilent();
      await canStillBeEnded([...kept, ...load.talks]);
      await leavesNothing(load);
    },
    timeoutMs,
  );

  it(
    "Redis, with all that it knew: they talk on, nobody begins, and sessions that nobody remembers are over soon",
    async () => {
      const load = await SessionLoad.start(server, "redis");
      const [left, held] = load.silent;
      const meanwhile = await endure(without(redis), async () => {
        expect(await held?.caller.hold()).toMatchObject({ kind: "refused", status: 500 });
        await left?.caller.close();
      });
      expect(meanwhile.wasReady).toBe(false);
      const answers = refusedInTime(load, meanwhile);
      expect(answers.filter((status) => status < 500 || status > 599)).toEqual([]);
      await talkedOn(load, meanwhile);
      await recovers(load);
      const sessions = [...load.talks, ...load.silent].flatMap(({ caller, callee }) => [caller, callee]);
      await within(25_000, "both sides of every session know", () => sessions.every(({ isOver }) => isOver));
      await leavesNothing(load);
    },
    timeoutMs,
  );

  it(
    "Redis, which hangs and forgets nothing: they talk on, nobody begins, and sessions go on as they were",
    async () => {
      const load = await SessionLoad.start(server, "pause");
      const [left, ...kept] = load.silent;
      const outage = { begin: () => pauseRedis(outageMs), end: () => Promise.resolve() };
      const meanwhile = await endure(outage, async () => {
        expect(await kept[0]?.caller.hold()).toMatchObject({ kind: "refused", status: 500 });
        await left?.caller.close();
      });
      const answers = refusedInTime(load, meanwhile);
      expect(answers.filter((status) => status < 500 || status > 599)).toEqual([]);
      await recovers(load);
      await talkedOn(load, meanwhile);
      await within(15_000, "who was hung up on knows", () => left?.callee.isOver ?? false);
      await load.fallSilent();
      await canStillBeEnded([...kept, ...load.talks]);
      await leavesNothing(load);
    },
    timeoutMs,
  );

  it(
    "Postgres: they talk on, and begin where everybody is known",
    async () => {
      const load = await SessionLoad.start(server, "postgres");
      const meanwhile = await endure(without(postgres), () => Promise.resolve());
      expect(meanwhile.wasReady).toBe(false);
      const answers = refusedInTime(load, meanwhile);
      expect(answers.filter((status) => status !== 200 && (status < 500 || status > 599))).toEqual([]);
      await recovers(load);
      await talkedOn(load, meanwhile);
      await load.fallSilent();
      await canStillBeEnded([...load.silent, ...load.talks]);
      await leavesNothing(load);
    },
    timeoutMs,
  );
});
