import { describe, expect, it } from "@jest/globals";
import {
  type Bus,
  BusError,
  type BusFailure,
  type Conversation,
  msrpRelay,
  participating,
} from "@heliograph/contracts";
import { FakeClock } from "@heliograph/testkit";
import { judgeSilence } from "../src/domain/judge-silence.js";
import { judgeConversation, isDueForTouch, type NodeReport } from "../src/domain/judge-conversation.js";
import { Nodes } from "../src/sessions/nodes.js";
import { settle, text } from "./given.js";
import {
  conversation,
  givenSessions,
  invitation,
  octets,
  sdp,
  sdpBody,
  type SessionSituation,
} from "./given-sessions.js";

const unavailable = 'SIP;cause=503;text="Service Unavailable"';
const storeLeg = { kind: "store" as const, node: "d1", incarnation: "di", leg: "leg-store" };
const elsewhere = { node: "r9", incarnation: "ri", session: "s9" };
const second = (name: string) => ({ status: 200, body: sdpBody(sdp([`a=${name}-again`])) });

/** These conversations are in live state. */
async function having(kept: readonly Conversation[], situation: SessionSituation = {}) {
  const world = await givenSessions(situation);
  for (const one of kept) await world.conversations.open(one, 24 * 3_600_000, 1_000);
  return {
    ...world,
    lose: async (why: "connection-lost" | "not-bound" | "idle" | "draining", session = "s1") => {
      await world.bus.publish(msrpRelay.sessionLost, {}, { conversation: "v1", session, why });
      await settle();
    },
    /** Lets time pass in small steps, with what each step leads to. */
    wait: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 250) {
        world.clock.advance(250);
        await settle();
      }
    },
    /** One turn of the sweep, and the second question to a node that nobody answered for. */
    sweep: async () => {
      world.clock.advance(3_000);
      await settle();
      world.clock.advance(1_000);
      await settle();
    },
  };
}

describe("PF-11 MS-47 a relay has lost an end of a session", () => {
  it.each([
    ["connection-lost" as const, unavailable],
    ["not-bound" as const, unavailable],
    ["idle" as const, 'SIP;cause=408;text="Request Timeout"'],
  ])("GEN-17 %s ends it on both sides with %s", async (why, reason) => {
    const { lose, ends, closedSessions, conversations } = await having([conversation()]);
    await lose(why);
    expect(ends).toEqual([
      { leg: "leg-alice", reason },
      { leg: "leg-bob", reason },
    ]);
    expect(closedSessions).toEqual(["s1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("DF-05 the store's end is closed as well", async () => {
    const { lose, ends, closedLegs } = await having([conversation({ callee: storeLeg })]);
    await lose("connection-lost");
    expect([ends, closedLegs]).toEqual([[{ leg: "leg-alice", reason: unavailable }], ["leg-store"]]);
  });

  it("is not believed of a session that has moved, or that is over", async () => {
    const { lose, ends, conversations } = await having([conversation()]);
    await lose("connection-lost", "s0");
    expect(ends).toEqual([]);
    await conversations.close("v1");
    await lose("connection-lost");
    expect(ends).toEqual([]);
  });
});

describe("PF-11 MS-47 a relay stops", () => {
  it("the session moves: each side is offered what the other has said, by another relay", async () => {
    const { lose, anchored, requests, translated, conversations, closedSessions, ends, metrics } =
      await having([conversation()], { inDialog: [second("bob"), second("alice")] });
    await lose("draining");
    expect(anchored).toMatchObject([{ conversation: "v1", offer: octets(sdp(["a=alice"])) }]);
    expect(requests).toMatchObject([
      { leg: "leg-bob", method: "INVITE" },
      { leg: "leg-alice", method: "INVITE" },
    ]);
    expect(requests.map(({ body }) => text(body?.content ?? new Uint8Array()))).toEqual([
      "offer by tcp",
      "translated offer by tcp",
    ]);
    expect(translated).toMatchObject([
      { what: "answer", from: "callee", description: sdp(["a=bob-again"]) },
      { what: "offer", from: "callee", description: sdp(["a=bob-again"]) },
      { what: "answer", from: "caller", description: sdp(["a=alice-again"]) },
    ]);
    expect(await conversations.of("v1")).toMatchObject({
      anchor: { node: "r1", session: "s-v1-1" },
      descriptions: { caller: octets(sdp(["a=alice-again"])), callee: octets(sdp(["a=bob-again"])) },
    });
    expect(closedSessions).toEqual(["s1"]);
    expect(ends).toEqual([]);
    expect(metrics.text()).toContain("heliograph_participating_sessions_moved_total 1");
  });

  it("PF-10 a side that is sending an offer itself is asked again", async () => {
    const { lose, requests, conversations, clock } = await having([conversation()], {
      inDialog: [{ status: 491 }, second("bob"), second("alice")],
    });
    await lose("draining");
    expect(requests).toHaveLength(1);
    clock.advance(2_500);
    await settle();
    expect(requests.map(({ leg }) => leg)).toEqual(["leg-bob", "leg-bob", "leg-alice"]);
    expect((await conversations.of("v1"))?.anchor?.session).toBe("s-v1-1");
  });

  it("a relay that refuses, because it stops as well, is not the only one", async () => {
    const { lose, anchored, ends } = await having([conversation()], {
      relay: { status: 503, reason: "Service Unavailable" },
    });
    await lose("draining");
    expect(anchored.length).toBeGreaterThan(1);
    expect(ends).toHaveLength(2);
  });

  it.each<[string, Partial<Conversation>, SessionSituation]>([
    ["no other relay is there", {}, { relay: "down" }],
    ["the callee refuses", {}, { inDialog: [{ status: 488 }] }],
    ["the callee is silent", {}, { inDialog: ["silent"] }],
    ["the caller refuses", {}, { inDialog: [second("bob"), { status: 500 }] }],
    ["the caller says nothing of the media", {}, { inDialog: [second("bob"), { status: 200 }] }],
    [
      "the answer is of no use",
      {},
      { inDialog: [second("bob")], translations: [{ status: 488, reason: "no" }] },
    ],
    [
      "the other relay is gone at once",
      {},
      { inDialog: [second("bob")], translations: ["translated", "gone"] },
    ],
  ])("GEN-17 the session ends on both sides when %s", async (_, differs, situation) => {
    const { lose, ends, conversations, anchored, closedSessions } = await having(
      [conversation(differs)],
      situation,
    );
    await lose("draining");
    expect(ends).toEqual([
      { leg: "leg-alice", reason: unavailable },
      { leg: "leg-bob", reason: unavailable },
    ]);
    expect(await conversations.of("v1")).toBeUndefined();
    expect(closedSessions).toHaveLength(anchored.length === 1 ? 2 : 1);
  });

  it.each<[string, Partial<Conversation>]>([
    [
      "its first offer is not answered yet",
      { descriptions: { caller: new Uint8Array(0), callee: octets(sdp()) } },
    ],
    ["another offer is on its way", { offering: { name: "x", untilMs: 1_800_000_000_000 } }],
  ])("GEN-15 a session is left to whoever finds the relay gone when %s", async (_, differs) => {
    const { lose, ends, anchored, closedSessions, conversations } = await having([conversation(differs)]);
    await lose("draining");
    expect(ends).toEqual([]);
    expect(closedSessions).toHaveLength(anchored.length);
    expect(await conversations.of("v1")).toEqual(conversation(differs));
  });

  it("what the store is an end of does not move", async () => {
    const { lose, ends, closedLegs, anchored } = await having([conversation({ callee: storeLeg })]);
    await lose("draining");
    expect([anchored, closedLegs]).toEqual([[], ["leg-store"]]);
    expect(ends).toHaveLength(1);
  });

  it("whoever is second finds that it has moved, and leaves it alone", async () => {
    const { bus, conversations, requests, closedSessions, ends } = await having([conversation()], {
      inDialog: [second("bob"), second("alice")],
    });
    const lost = { conversation: "v1", session: "s1", why: "draining" as const };
    await bus.publish(msrpRelay.sessionLost, {}, lost);
    await bus.publish(msrpRelay.sessionLost, {}, lost);
    await settle();
    expect(requests).toHaveLength(2);
    expect(ends).toEqual([]);
    expect((await conversations.of("v1"))?.anchor?.session).toBe("s-v1-1");
    expect([...closedSessions].sort()).toEqual(["s-v1-2", "s1"]);
  });
});

describe("PF-11 within 10 s after kill -9 of a node", () => {
  it("the nodes are asked, each once for all conversations", async () => {
    const kept = [conversation(), conversation({ id: "v2" }), conversation({ id: "v3", callee: storeLeg })];
    const { sweep, asked, ends, conversations } = await having(kept);
    await sweep();
    expect(asked.map(({ node }) => node).sort()).toEqual(["d1", "e1", "e2", "r1"]);
    expect(asked.find(({ node }) => node === "e1")?.names).toHaveLength(3);
    expect(ends).toEqual([]);
    expect(await conversations.page(undefined, 10)).toHaveLength(3);
  });

  it.each<[string, Partial<Conversation>, SessionSituation]>([
    [
      "the edge of the caller is gone",
      { caller: { kind: "sip", node: "e9", incarnation: "i1", leg: "x" } },
      {},
    ],
    [
      "the edge of the callee has started anew",
      { callee: { kind: "sip", node: "e2", incarnation: "i0", leg: "x" } },
      {},
    ],
    [
      "a dialog is not there any more",
      { callee: { kind: "sip", node: "e2", incarnation: "i1", leg: "x" } },
      { missing: ["x"] },
    ],
    ["the store has lost its end", { callee: { ...storeLeg, leg: "x" } }, { missing: ["x"] }],
  ])("GEN-17 the other leg is ended when %s", async (_, differs, situation) => {
    const { sweep, ends, conversations, closedSessions, closedLegs } = await having(
      [conversation(differs)],
      situation,
    );
    await sweep();
    const left = "caller" in differs ? "leg-bob" : "leg-alice";
    expect(ends).toEqual([{ leg: left, reason: unavailable }]);
    expect(closedLegs).toEqual([]);
    expect(closedSessions).toEqual(["s1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it.each<[string, Partial<Conversation>, SessionSituation]>([
    ["is gone", { anchor: elsewhere }, {}],
    ["has started anew", { anchor: { node: "r1", incarnation: "r0", session: "s1" } }, {}],
    ["does not have the session", {}, { missing: ["s1"] }],
  ])("MS-47 the session moves when its relay %s", async (_, differs, situation) => {
    const { sweep, ends, conversations } = await having([conversation(differs)], {
      ...situation,
      inDialog: [second("bob"), second("alice")],
    });
    await sweep();
    expect(ends).toEqual([]);
    expect((await conversations.of("v1"))?.anchor?.session).toBe("s-v1-1");
  });

  it("and ends on both sides when there is nowhere to move, and no relay comes for a while", async () => {
    const { sweep, ends, wait } = await having([conversation({ anchor: elsewhere })], { relay: "down" });
    await sweep();
    await wait(2_750);
    expect(ends).toEqual([]);
    await wait(250);
    expect(ends).toHaveLength(2);
  });

  it("MS-47 a relay that is started again in time takes it", async () => {
    const { sweep, ends, wait, bus, conversations } = await having([conversation({ anchor: elsewhere })], {
      relay: "down",
      inDialog: [second("bob"), second("alice")],
    });
    await sweep();
    const offers = { tcp: octets("1"), tls: octets("2"), ws: octets("3") };
    const anchor = { node: "r1", incarnation: "r2", session: "s2" };
    await bus.serve(msrpRelay.anchorSession, {}, async () => ({ kind: "anchored" as const, anchor, offers }));
    await wait(250);
    expect(ends).toEqual([]);
    expect((await conversations.of("v1"))?.anchor).toEqual(anchor);
  });

  it("a session that is being looked after is not looked after twice", async () => {
    const { sweep, requests } = await having([conversation({ anchor: elsewhere })], {
      inDialog: [{ status: 491 }],
    });
    await sweep();
    await sweep();
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it("one process of all looks in each turn", async () => {
    const { sweep, state, asked, clock } = await having([conversation()]);
    await state.rateLimits.take("sweep of conversations", 1, 5_000);
    await sweep();
    expect(asked).toEqual([]);
    clock.advance(3_000);
    await settle();
    expect(asked.length).toBeGreaterThan(0);
  });

  it("a live state that is away for a while is waited for", async () => {
    const gone = conversation({ caller: { kind: "sip", node: "e9", incarnation: "i1", leg: "x" } });
    const { sweep, state, ends } = await having([gone]);
    const page = state.conversations.page.bind(state.conversations);
    state.conversations.page = () => Promise.reject(new Error("no state"));
    await sweep();
    state.conversations.page = page;
    await sweep();
    expect(ends).toHaveLength(1);
  });

  it("no more is looked at once the service stops", async () => {
    const { sweep, service, asked } = await having([conversation()]);
    await service.stop();
    await sweep();
    expect(asked).toEqual([]);
  });

  it("PF-03 a session that lasts is kept in mind", async () => {
    const { conversations, clock } = await having([]);
    await conversations.open(conversation({ startedAtMs: clock.nowMs() }), 2 * 3_600_000, 9);
    for (let hours = 0; hours < 5; hours += 1) {
      clock.advance(3_600_000);
      await settle();
    }
    expect(await conversations.of("v1")).toBeDefined();
  });
});

describe("PF-11 GEN-14 a node that hangs and stays connected", () => {
  /** 3 × 2 s without an answer, and a second in between; and who has lost its relay has patience for another. */
  it.each<[string, SessionSituation, number, string[]]>([
    ["its edge", { hangs: { e1: 9 } }, 8_000, ["leg-bob"]],
    ["its relay", { hangs: { r1: 9 }, relay: "down" }, 11_000, ["leg-alice", "leg-bob"]],
  ])("is as good as gone after three questions: a session loses %s", async (_, situation, afterMs, told) => {
    const { wait, ends } = await having([conversation()], situation);
    await wait(3_000);
    await wait(afterMs - 250);
    expect(ends).toEqual([]);
    await wait(500);
    expect(ends).toEqual(told.map((leg) => ({ leg, reason: unavailable })));
  });

  it("that answers the third question was slow, and nothing ends", async () => {
    const { wait, ends, asked } = await having([conversation()], { hangs: { e1: 2, r1: 1 } });
    await wait(30_000);
    expect(asked.filter(({ node }) => node === "e1").length).toBeGreaterThan(3);
    expect(ends).toEqual([]);
  });

  it("is not taken for gone where we do not hear of ourselves either", async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const bus: Pick<Bus, "request"> = {
      request: ({ subject }) => {
        asked.push(subject);
        return Promise.reject(new BusError("timeout", subject));
      },
    };
    const nodes = new Nodes({ bus, clock, events: { broken: () => undefined }, node: "p1" });
    const reports = nodes.reportsOn([conversation()]);
    for (let count = 0; count < 2; count += 1) {
      await settle();
      clock.advance(1_000);
    }
    const unknown = { kind: "unknown" };
    expect(await reports).toEqual([{ caller: unknown, callee: unknown, anchor: unknown }]);
    expect(asked.filter((subject) => subject === participating.checkRinging.subject)).toHaveLength(3);
  });

  it.each<[BusFailure[], ReturnType<typeof judgeSilence>]>([
    [["no-responder"], "perhaps"],
    [["no-responder", "no-responder"], "gone"],
    [["timeout"], "perhaps"],
    [["timeout", "timeout"], "perhaps"],
    [["timeout", "timeout", "timeout"], "gone"],
    [["no-responder", "timeout"], "perhaps"],
    [["timeout", "no-responder", "no-responder"], "gone"],
    [["no-responder", "timeout", "no-responder"], "gone"],
    [["disconnected"], "unknown"],
    [["timeout", "timeout", "handler-failed"], "unknown"],
    [["malformed"], "unknown"],
  ])("after %j it is %s", (failures, silence) => {
    expect(judgeSilence(failures)).toBe(silence);
  });
});

describe("PF-11 judging a conversation", () => {
  const here = (incarnation: string, ...missing: string[]): NodeReport => ({
    kind: "here",
    incarnation,
    missing: new Set(missing),
  });
  const well = { caller: here("i1"), callee: here("i1"), anchor: here("ri") };
  const nowMs = 1_700_000_000_000;

  it.each([
    ["all is well", {}, {}, { kind: "alive" }],
    [
      "the caller's node is gone",
      {},
      { caller: { kind: "gone" as const } },
      { kind: "leg-lost", leg: "leg-alice" },
    ],
    ["the callee's node is another", {}, { callee: here("i2") }, { kind: "leg-lost", leg: "leg-bob" }],
    [
      "the callee's leg is missing",
      {},
      { callee: here("i1", "leg-bob") },
      { kind: "leg-lost", leg: "leg-bob" },
    ],
    ["a node says nothing", {}, { callee: { kind: "unknown" as const } }, { kind: "alive" }],
    ["the relay is gone", {}, { anchor: { kind: "gone" as const } }, { kind: "relay-lost" }],
    ["the relay has lost it", {}, { anchor: here("ri", "s1") }, { kind: "relay-lost" }],
    [
      "relay and leg are gone",
      {},
      { anchor: { kind: "gone" as const }, caller: { kind: "gone" as const } },
      { kind: "leg-lost", leg: "leg-alice" },
    ],
    ["the media pass us by", { anchor: undefined }, { anchor: undefined }, { kind: "alive" }],
    [
      "its answer is on its way",
      { startedAtMs: nowMs - 2_999 },
      { caller: here("i1", "leg-alice") },
      { kind: "alive" },
    ],
    [
      "its answer should be there",
      { startedAtMs: nowMs - 3_000 },
      { caller: here("i1", "leg-alice") },
      { kind: "leg-lost", leg: "leg-alice" },
    ],
    [
      "a node is gone at once",
      { startedAtMs: nowMs },
      { caller: { kind: "gone" as const } },
      { kind: "leg-lost", leg: "leg-alice" },
    ],
  ])("%s", (_, differs, reports, verdict) => {
    const { anchor, ...rest } = { ...conversation(), ...differs };
    const judged = { ...rest, ...(anchor && { anchor }) };
    expect(judgeConversation(judged, { ...well, ...reports }, nowMs)).toEqual(verdict);
  });

  it.each([
    [0, false],
    [3_599_999, false],
    [3_600_000, true],
    [3_605_999, true],
    [3_606_000, false],
    [7_200_001, true],
  ])("PF-03 after %i ms it is due to be kept in mind: %s", (ageMs, isDue) => {
    const one = conversation({ startedAtMs: nowMs - ageMs });
    expect(isDueForTouch(one, nowMs, 6_000)).toBe(isDue);
  });
});

describe("GEN-14 the service stops", () => {
  it("takes back what rings, and the caller may try again at once", async () => {
    const { originate, service, cancels, invites } = await givenSessions({ rings: { b1: "rings" } });
    const answering = originate(invitation);
    await settle();
    await service.stop();
    expect(await answering).toMatchObject({ kind: "refused", status: 503, retryAfterS: 1 });
    expect(cancels).toEqual([{ leg: invites[0]?.leg, reason: unavailable }]);
  });
});
