import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startRedis, type TestServer } from "@heliograph/testkit";
import { connectRedisState, createMemoryState, type State } from "../src/index.js";
import { binding, TestClock } from "./given.js";

const alice = "sip:alice@a.example";
const bob = "sip:bob@a.example";

type Make = (clock: TestClock) => Promise<State>;

let server: TestServer;
let deployment = 0;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

stateContract("memory", async (clock) => createMemoryState({ clock }));
stateContract("Redis", async (clock) => {
  deployment += 1;
  return connectRedisState(server.url, { clock, prefix: `t${process.pid}-${deployment}:` });
});

function stateContract(name: string, make: Make): void {
  describe(`${name} state`, () => stateSuite(name, make));
}

function stateSuite(name: string, make: Make): void {
  let state: State;
  let clock: TestClock;

  beforeEach(() => {
    clock = new TestClock();
  });

  afterEach(() => state.close());

  /** Opened by each case, so that the Redis of the whole file is there. */
  async function open(): Promise<State> {
    state = await make(clock);
    return state;
  }

  describe(`${name}: registrations (SC-01, RFC 3261 §10.3)`, () => {
    it("has no bindings for a user who never registered", async () => {
      const { registrations } = await open();
      expect(await registrations.bindingsOf(alice)).toEqual([]);
      expect(await registrations.reachabilityOf(alice)).toEqual({ bindings: [], isQueued: false });
      expect(await registrations.countUsers()).toBe(0);
    });

    it("gives back a binding as it was kept, and the reply to whoever changed it", async () => {
      const { registrations } = await open();
      const kept = binding({
        instance: "<urn:uuid:1>",
        regId: 1,
        flowId: "f1",
        instanceSinceMs: 1_700_000_000_000,
        path: ["<sip:edge.example;lr;ob>"],
        params: [
          ["+sip.message", null],
          ["+g.x", '"<urn:ä>"'],
        ],
      });
      const reply = await registrations.change(alice, () => ({ bindings: [kept], reply: "done" }));
      expect(reply).toBe("done");
      expect(await registrations.bindingsOf(alice)).toEqual([kept]);
      expect(await registrations.countUsers()).toBe(1);
    });

    it("forgets a binding whose time has run out, and keeps the others", async () => {
      const { registrations } = await open();
      const now = clock.nowMs();
      const short = binding({ key: "short", expiresAtMs: now + 5_000 });
      const long = binding({ key: "long", expiresAtMs: now + 50_000 });
      await registrations.change(alice, () => ({ bindings: [short, long], reply: 0 }));
      clock.advance(5_001);
      expect(await registrations.bindingsOf(alice)).toEqual([long]);
      expect(await registrations.change(alice, (current) => ({ bindings: current, reply: current }))).toEqual(
        [long],
      );
      clock.advance(50_000);
      expect((await registrations.reachabilityOf(alice)).bindings).toEqual([]);
      expect(await registrations.countUsers()).toBe(0);
    });

    it("forgets a user whose bindings were all removed", async () => {
      const { registrations } = await open();
      await registrations.change(alice, () => ({ bindings: [binding()], reply: 0 }));
      await registrations.change(alice, () => ({ bindings: [], reply: 0 }));
      expect(await registrations.bindingsOf(alice)).toEqual([]);
      expect(await registrations.countUsers()).toBe(0);
    });

    it("GEN-21 loses no change when many arrive at once", async () => {
      const { registrations } = await open();
      const keys = Array.from({ length: 20 }, (_, index) => `device-${index}`);
      await Promise.all(
        keys.map((key) =>
          registrations.change(alice, (current) => ({
            bindings: [...current, binding({ key })],
            reply: key,
          })),
        ),
      );
      const kept = await registrations.bindingsOf(alice);
      expect(kept.map(({ key }) => key).sort()).toEqual([...keys].sort());
    });

    it("changes nothing when the decision throws", async () => {
      const { registrations } = await open();
      await registrations.change(alice, () => ({ bindings: [binding()], reply: 0 }));
      const refused = registrations.change(alice, () => {
        throw new TypeError("no decision");
      });
      await expect(refused).rejects.toThrow("no decision");
      expect(await registrations.bindingsOf(alice)).toHaveLength(1);
    });

    it("GEN-30 removes the bindings on a closed flow, and only those, and tells whose they were", async () => {
      const { registrations } = await open();
      const onFlow = binding({ key: "a", flowId: "f1" });
      const elsewhere = binding({ key: "b", flowId: "f1", node: "edge2" });
      const noFlow = binding({ key: "c" });
      await registrations.change(alice, () => ({ bindings: [onFlow, elsewhere, noFlow], reply: 0 }));
      await registrations.change(bob, () => ({ bindings: [noFlow], reply: 0 }));
      expect(await registrations.closeFlow("edge1", "f1", [alice, bob, "sip:carol@a.example"])).toEqual([
        alice,
      ]);
      expect(await registrations.bindingsOf(alice)).toEqual([elsewhere, noFlow]);
      expect(await registrations.bindingsOf(bob)).toEqual([noFlow]);
    });
  });

  describe(`${name}: the mark of the deferred queue (DF-40)`, () => {
    it("says with the bindings that messages wait, until the mark is cleared", async () => {
      const { registrations, queues } = await open();
      await queues.mark(alice);
      await queues.mark(alice);
      expect(await queues.marked(alice)).toBe(true);
      expect(await queues.marked(bob)).toBe(false);
      expect((await registrations.reachabilityOf(alice)).isQueued).toBe(true);
      await queues.clear(alice);
      expect(await queues.marked(alice)).toBe(false);
      expect((await registrations.reachabilityOf(alice)).isQueued).toBe(false);
    });
  });

  describe(`${name}: nonce counts (GEN-31, RFC 7616 §5.4)`, () => {
    it("accepts each count of a nonce once", async () => {
      const { nonceCounts } = await open();
      expect(await nonceCounts.accept("n1", 1, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n1", 1, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n1", 2, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n2", 1, 60_000)).toBe(true);
    });

    it("accepts counts out of order within 64 of the highest, and none before", async () => {
      const { nonceCounts } = await open();
      expect(await nonceCounts.accept("n", 100, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 37, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 37, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n", 36, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n", 101, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 37, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n", 38, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 100, 60_000)).toBe(false);
    });

    it("survives the highest count there is, and refuses 0", async () => {
      const { nonceCounts } = await open();
      expect(await nonceCounts.accept("n", 0, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n", 0xffffffff, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 0xffffffff, 60_000)).toBe(false);
      expect(await nonceCounts.accept("n", 0xfffffffe, 60_000)).toBe(true);
      expect(await nonceCounts.accept("n", 1, 60_000)).toBe(false);
    });
  });

  describe(`${name}: messages handled lately (GEN-19)`, () => {
    it("tells a repeat that the first is at work, then what became of it", async () => {
      const { recentMessages } = await open();
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "first" });
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "open" });
      await recentMessages.settle("m", "202 waiting");
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "settled", outcome: "202 waiting" });
    });

    it("gives a message that was released to the next who asks", async () => {
      const { recentMessages } = await open();
      await recentMessages.claim("m", 60_000);
      await recentMessages.release("m");
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "first" });
    });

    it("gives a message whose handler died to the next who asks after 40 s", async () => {
      const { recentMessages } = await open();
      await recentMessages.claim("m", 60_000);
      clock.advance(39_000);
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "open" });
      clock.advance(1_001);
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "first" });
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "open" });
    });

    it("does not remember an outcome that nobody has claimed", async () => {
      const { recentMessages } = await open();
      await recentMessages.settle("m", "200");
      expect(await recentMessages.claim("m", 60_000)).toEqual({ kind: "first" });
    });
  });

  describe(`${name}: rate limits (PF-33)`, () => {
    it("allows so many in a window and says how long to wait for the next", async () => {
      const { rateLimits } = await open();
      expect(await rateLimits.take("k", 2, 10_000)).toEqual({ kind: "allowed" });
      expect(await rateLimits.take("k", 2, 10_000)).toEqual({ kind: "allowed" });
      const limited = await rateLimits.take("k", 2, 10_000);
      expect(limited.kind).toBe("limited");
      if (limited.kind === "limited") {
        expect(limited.retryAfterMs).toBeGreaterThan(8_000);
        expect(limited.retryAfterMs).toBeLessThanOrEqual(10_000);
      }
      expect(await rateLimits.take("other", 2, 10_000)).toEqual({ kind: "allowed" });
    });

    it("starts again when the window is over", async () => {
      const { rateLimits } = await open();
      expect(await rateLimits.take("k", 1, 30)).toEqual({ kind: "allowed" });
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await rateLimits.take("k", 1, 30)).toEqual({ kind: "allowed" });
    });
  });

  describe(`${name}: health`, () => {
    it("is healthy while it serves", async () => {
      await open();
      expect(await state.isHealthy()).toBe(true);
    });
  });
}
