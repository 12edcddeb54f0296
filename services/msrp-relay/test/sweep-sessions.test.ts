import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { msrpRelay, participating } from "@heliograph/contracts";
import { anchored, bodiless, described, givenRelay, givenSession } from "./given.js";

const settle = async () => {
  for (let count = 0; count < 10; count += 1) await turn();
};

/** A relay whose conversations are remembered, but those of `forgotten`. */
async function givenMemory(...forgotten: string[]) {
  const relay = await givenRelay();
  const asked: string[][] = [];
  await relay.bus.serve(participating.checkConversations, {}, async ({ conversations }) => {
    asked.push(conversations);
    return { missing: conversations.filter((one) => forgotten.includes(one)) };
  });
  const sweep = async () => {
    relay.clock.advance(10_000);
    await settle();
  };
  return { ...relay, asked, sweep, forgotten };
}

describe("PF-11 GEN-14 what nobody closes", () => {
  it("a session whose conversation is forgotten is closed, once it had the time to be written down", async () => {
    const { sweep, sessions, asked, forgotten, ...relay } = await givenMemory("c1");
    const { alice, bob } = await givenSession({ sessions, ...relay });
    await sweep();
    expect([asked, sessions.size]).toEqual([[], 1]);
    await sweep();
    expect(asked).toEqual([["c1"]]);
    expect(sessions.size).toBe(0);
    expect([alice, bob].map(({ connection }) => connection.closedBecause)).toEqual(["closed", "closed"]);
    forgotten.pop();
    await sweep();
    expect(asked).toHaveLength(1);
  });

  it("a session that is remembered stays, and one that nobody has answered is not asked for", async () => {
    const { sweep, sessions, asked, ...relay } = await givenMemory();
    await givenSession({ sessions, ...relay });
    const offer = described({ more: ["a=setup:active"] });
    const { session } = anchored(await relay.anchor(offer, undefined, "c2")).anchor;
    for (let count = 0; count < 3; count += 1) {
      await relay.bus.request(
        msrpRelay.renewSessions,
        { node: "relay1" },
        { sessions: [session, "unknown"] },
      );
      await sweep();
    }
    expect(asked).toEqual([["c1"], ["c1"]]);
    expect(sessions.size).toBe(2);
    await sweep();
    expect(sessions.size).toBe(1);
    expect((await relay.check(session)).missing).toEqual([session]);
  });

  it("PF-07 a session that was answered before there is a callee has a conversation", async () => {
    const { sweep, sessions, asked, ...relay } = await givenMemory();
    const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] })));
    await relay.answerForCallee(offered.anchor.session);
    for (let count = 0; count < 3; count += 1) await sweep();
    expect(asked).toEqual([["c1"], ["c1"]]);
    expect(sessions.size).toBe(1);
  });

  it("while nobody can be asked, everything stays", async () => {
    const relay = await givenRelay();
    await givenSession(relay);
    for (let count = 0; count < 4; count += 1) {
      relay.clock.advance(10_000);
      await settle();
    }
    expect(relay.sessions.size).toBe(1);
  });
});

describe("PF-11 MS-47 an end is lost and nobody hears of it", () => {
  const loss = { conversation: "c1", side: "callee", why: "connection-lost" };

  it("it is said again until the session is closed", async () => {
    const { sweep, ...relay } = await givenMemory();
    const { session, bob } = await givenSession(relay);
    bob.connection.destroy("gone");
    relay.clock.advance(2_000);
    await sweep();
    await sweep();
    expect(relay.lost).toEqual([loss, loss, loss].map((one) => ({ ...one, session })));
    expect(relay.metrics.text()).toMatch(/lost_total\{why="connection-lost"\} 1/);
    await relay.close(session);
    await sweep();
    expect(relay.lost).toHaveLength(3);
  });

  it("it is not said of an end that came back by another offer", async () => {
    const { sweep, ...relay } = await givenMemory();
    const { session, bob } = await givenSession(relay);
    bob.connection.destroy("gone");
    relay.clock.advance(2_000);
    await settle();
    const from = "msrp://192.0.2.20:9/bobagain;tcp";
    const again = described({ user: "bob", path: from, host: "192.0.2.20", more: ["a=setup:active"] });
    await relay.offer(session, "callee", again);
    const answer = await relay.answer(session, "caller", described({ more: ["a=setup:active"] }));
    expect(answer.kind).toBe("translated");
    const connection = relay.connections.arrive("tcp");
    connection.feed(bodiless(bob.to, from));
    expect(connection.take()).toContain(" 200 OK");
    await sweep();
    expect(relay.lost).toHaveLength(1);
  });
});
