import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Conversation } from "@heliograph/contracts";
import { startRedis, type TestServer } from "@heliograph/testkit";
import { connectRedisState, createMemoryState, type State } from "../src/index.js";
import { conversation, TestClock } from "./given.js";

const alice = "sip:alice@a.example";
const bob = "sip:bob@a.example";
const carol = "sip:carol@a.example";

let server: TestServer;
let deployment = 0;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

conversationsContract("memory", async (clock) => createMemoryState({ clock }));
conversationsContract("Redis", async (clock) => {
  deployment += 1;
  return connectRedisState(server.url, { clock, prefix: `c${process.pid}-${deployment}:` });
});

function conversationsContract(name: string, make: (clock: TestClock) => Promise<State>): void {
  describe(`${name}: conversations (PF-03)`, () => {
    let state: State;
    let clock: TestClock;

    beforeEach(() => {
      clock = new TestClock();
    });

    afterEach(() => state.close());

    async function open() {
      state = await make(clock);
      return state.conversations;
    }

    it("PF-03 gives back a conversation as it was kept, octets included", async () => {
      const conversations = await open();
      const kept = conversation();
      expect(await conversations.open(kept, 60_000, 10)).toBeUndefined();
      expect(await conversations.of("c1")).toEqual(kept);
      const { anchor: _, ...direct } = conversation({ id: "c2", purpose: "retrieval" });
      await conversations.open(direct, 60_000, 10);
      expect(await conversations.of("c2")).toEqual(direct);
      expect(await conversations.of("c3")).toBeUndefined();
    });

    it("forgets a conversation that nobody has touched for its time", async () => {
      const conversations = await open();
      await conversations.open(conversation(), 60_000, 10);
      clock.advance(59_000);
      await conversations.change("c1", 60_000, (current) => current);
      clock.advance(59_000);
      expect(await conversations.of("c1")).toBeDefined();
      expect(await conversations.countOf(alice)).toBe(1);
      clock.advance(1_001);
      expect(await conversations.of("c1")).toBeUndefined();
      expect(await conversations.countOf(alice)).toBe(0);
      expect(await conversations.close("c1")).toBeUndefined();
      expect(await conversations.page(undefined, 10)).toEqual([]);
    });

    it("PF-12 keeps no more than so many of one user, and tells whose they are", async () => {
      const conversations = await open();
      await conversations.open(conversation({ id: "c1" }), 60_000, 2);
      await conversations.open(conversation({ id: "c2", calleeAor: carol }), 60_000, 2);
      expect(await conversations.open(conversation({ id: "c3" }), 60_000, 2)).toBe(alice);
      expect(await conversations.of("c3")).toBeUndefined();
      await conversations.open(conversation({ id: "c4", callerAor: carol }), 60_000, 2);
      expect(
        await conversations.open(conversation({ id: "c5", callerAor: "sip:d@x.example" }), 60_000, 2),
      ).toBe(bob);
      expect(await conversations.countOf(alice)).toBe(2);
      expect(await conversations.countOf(bob)).toBe(2);
    });

    it("PF-12 has room again once a conversation is closed or over", async () => {
      const conversations = await open();
      await conversations.open(conversation({ id: "c1" }), 60_000, 1);
      await conversations.close("c1");
      expect(await conversations.open(conversation({ id: "c2" }), 30_000, 1)).toBeUndefined();
      clock.advance(30_001);
      expect(await conversations.open(conversation({ id: "c3" }), 60_000, 1)).toBeUndefined();
    });

    it("PF-11 gives those of a user, whichever side that is", async () => {
      const conversations = await open();
      await conversations.open(conversation({ id: "c1" }), 60_000, 10);
      await conversations.open(conversation({ id: "c2", callerAor: carol, calleeAor: alice }), 60_000, 10);
      await conversations.open(conversation({ id: "c3", callerAor: carol }), 60_000, 10);
      await conversations.open(conversation({ id: "c4" }), 1_000, 10);
      clock.advance(1_001);
      const ofAlice = await conversations.ofUser(alice);
      expect(ofAlice.map(({ id }) => id).sort()).toEqual(["c1", "c2"]);
      expect(await conversations.ofUser("sip:nobody@a.example")).toEqual([]);
    });

    it("tells which there are not", async () => {
      const conversations = await open();
      await conversations.open(conversation({ id: "c1" }), 60_000, 10);
      await conversations.open(conversation({ id: "c2" }), 60_000, 10);
      await conversations.close("c2");
      expect(await conversations.missing(["c3", "c1", "c2"])).toEqual(["c3", "c2"]);
      expect(await conversations.missing([])).toEqual([]);
    });

    it("counts somebody who speaks to himself once", async () => {
      const conversations = await open();
      expect(await conversations.open(conversation({ calleeAor: alice }), 60_000, 1)).toBeUndefined();
      expect(await conversations.countOf(alice)).toBe(1);
      await conversations.close("c1");
      expect(await conversations.countOf(alice)).toBe(0);
    });

    it("PF-10 loses no change when many arrive at once, and gives each what it made", async () => {
      const conversations = await open();
      const note = (octet: number) => (current: Conversation) => ({
        ...current,
        descriptions: {
          ...current.descriptions,
          callee: Uint8Array.of(...current.descriptions.callee, octet),
        },
      });
      await conversations.open(conversation(), 60_000, 10);
      const octets = Array.from({ length: 10 }, (_, index) => 10 + index);
      const made = await Promise.all(octets.map((octet) => conversations.change("c1", 60_000, note(octet))));
      for (const [index, octet] of octets.entries()) {
        expect(made[index]?.descriptions.callee.at(-1)).toBe(octet);
      }
      const kept = (await conversations.of("c1"))?.descriptions.callee ?? new Uint8Array();
      expect([...kept].sort((one, other) => one - other)).toEqual([2, ...octets]);
    });

    it("changes nothing that is not there, and nothing when the change throws", async () => {
      const conversations = await open();
      expect(await conversations.change("c1", 60_000, (current) => current)).toBeUndefined();
      await conversations.open(conversation(), 60_000, 10);
      const refused = conversations.change("c1", 60_000, () => {
        throw new TypeError("no change");
      });
      await expect(refused).rejects.toThrow("no change");
      expect(await conversations.of("c1")).toEqual(conversation());
    });

    it("PF-11 tells only one of those who close it at once what it was", async () => {
      const conversations = await open();
      await conversations.open(conversation(), 60_000, 10);
      const closed = await Promise.all(Array.from({ length: 5 }, () => conversations.close("c1")));
      expect(closed.filter((one) => one !== undefined)).toEqual([conversation()]);
      expect(await conversations.of("c1")).toBeUndefined();
    });

    it("gives all conversations page by page, in the order of their ids", async () => {
      const conversations = await open();
      for (const id of ["c3", "c1", "c5", "c2", "c4"]) {
        await conversations.open(conversation({ id }), id === "c3" ? 1_000 : 60_000, 10);
      }
      await conversations.close("c2");
      clock.advance(1_001);
      const idsOf = (page: readonly Conversation[]) => page.map(({ id }) => id);
      expect(idsOf(await conversations.page(undefined, 10))).toEqual(["c1", "c4", "c5"]);
      expect(idsOf(await conversations.page(undefined, 1))).toEqual(["c1"]);
      expect(idsOf(await conversations.page("c1", 2))).toEqual(["c4", "c5"]);
      expect(idsOf(await conversations.page("c5", 2))).toEqual([]);
    });

    it("goes on past a page of conversations that are all over", async () => {
      const conversations = await open();
      for (const id of ["c1", "c2", "c3"]) {
        await conversations.open(conversation({ id }), id === "c3" ? 60_000 : 1_000, 10);
      }
      clock.advance(1_001);
      expect((await conversations.page(undefined, 1)).map(({ id }) => id)).toEqual(["c3"]);
    });
  });
}
