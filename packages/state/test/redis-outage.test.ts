import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startRedis, type TestServer } from "@heliograph/testkit";
import { Redis } from "ioredis";
import { connectRedisState, type State, StateUnavailable } from "../src/index.js";

let server: TestServer;
let state: State;

beforeAll(async () => {
  server = await startRedis();
  state = await connectRedisState(server.url);
});

afterAll(async () => {
  await state.close();
  await server.stop();
});

/** Every operation, as its caller meets the outage. */
function attempts(): readonly (() => Promise<unknown>)[] {
  return [
    () => state.registrations.reachabilityOf("sip:a@a.example"),
    () => state.registrations.change("sip:a@a.example", () => ({ bindings: [], reply: 0 })),
    () => state.registrations.countUsers(),
    () => state.queues.mark("sip:a@a.example"),
    () => state.nonceCounts.accept("n", Math.trunc(performance.now()) + 1, 1_000),
    () => state.recentMessages.claim("m", 1_000),
    () => state.rateLimits.take("k", 1_000, 1_000),
    () => state.conversations.of("c"),
    () => state.conversations.page(undefined, 10),
  ];
}

async function failsFast(): Promise<void> {
  const startedMs = performance.now();
  const outcomes = await Promise.allSettled(attempts().map((attempt) => attempt()));
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  for (const outcome of outcomes) {
    expect(outcome.status).toBe("rejected");
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(StateUnavailable);
  }
  expect(await state.isHealthy()).toBe(false);
}

async function recovers(withinMs: number): Promise<void> {
  const startedMs = performance.now();
  while (!(await state.isHealthy())) {
    if (performance.now() - startedMs > withinMs) throw new Error("still unhealthy");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const attempt of attempts()) await attempt();
}

describe("when Redis is gone", () => {
  it("says so at the start, when nobody listens", async () => {
    await expect(connectRedisState("redis://127.0.0.1:1")).rejects.toBeInstanceOf(StateUnavailable);
  });

  it("fails each operation within a second while Redis is killed, and recovers by itself", async () => {
    await server.kill();
    await failsFast();
    await failsFast();
    await server.restart();
    await recovers(5_000);
  });

  it("fails each operation within a second while Redis hangs, and recovers by itself", async () => {
    const pausing = new Redis(server.url);
    await pausing.call("CLIENT", "PAUSE", "2500", "ALL");
    await failsFast();
    await failsFast();
    pausing.disconnect();
    await recovers(8_000);
  });
});
