import { describe, expect, it } from "@jest/globals";
import {
  type Conversation,
  msrpRelay,
  participating,
  type RingingLeg,
  type sipEdge,
} from "@heliograph/contracts";
import { reasonToEnd } from "../src/domain/choose-session-answer.js";
import { decideSessionTermination } from "../src/domain/decide-session-termination.js";
import { isNews } from "../src/domain/is-news.js";
import { readSessionFacts } from "../src/domain/session-facts.js";
import { bob, binding, profileOf, settle } from "./given.js";
import {
  answeredWith,
  conversation,
  descriptionIn,
  everyService,
  fromCarol,
  givenSessions,
  invitation,
  largeMessage,
  octets,
  sdp,
  sdpBody,
  type SessionSituation,
} from "./given-sessions.js";

type Failed = Exclude<sipEdge.LegAnswer, { kind: "accepted" }>;
const silent: Failed = { kind: "silent" };
const early = sdp(["a=early"]);
const unanswered = 'SIP;cause=480;text="Temporarily Unavailable"';
const unavailable = 'SIP;cause=503;text="Service Unavailable"';
const auto = { services: everyService, autoAcceptsSessions: true };

/** Bob has sessions answered for him; his device `b1` rings until it is told otherwise. */
async function givenAuto(situation: SessionSituation = {}) {
  const world = await givenSessions({
    rings: { b1: "rings" },
    calleeSays: early,
    ...situation,
    profiles: { [bob]: auto },
  });
  /** Lets time pass in small steps, with what each step leads to. */
  const wait = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      world.clock.advance(500);
      await settle();
    }
  };
  const answerAs = async (answer: sipEdge.LegAnswer | "accepts", user = "b1") => {
    world.answerNow(user, answer);
    await settle();
  };
  return { ...world, wait, answerAs };
}

describe("PF-07 whether the caller is answered before a device has", () => {
  const multipart = {
    type: 'multipart/mixed;boundary="b"',
    content: octets(
      `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp()}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n`,
    ),
  };
  const file = sdpBody(sdp(['a=file-selector:name:"a" size:7']));
  const { body: _, ...offerless } = invitation;
  const base = {
    invitation,
    profile: profileOf(bob, auto),
    canRing: true,
    isQueued: false,
    sessions: 0,
    maxSessions: 10,
    whenOffline: "refuse" as const,
    isAnchored: true,
  };
  it.each([
    ["a session", {}, "answer-first"],
    ["one from another network", { invitation: fromCarol }, "answer-first"],
    ["the user has not asked for it", { profile: profileOf(bob, { services: everyService }) }, "invite"],
    ["media pass us by", { isAnchored: false }, "invite"],
    ["a first message in the INVITE", { invitation: { ...invitation, body: multipart } }, "invite"],
    ["a large message", { invitation: largeMessage }, "invite"],
    ["a file", { invitation: { ...invitation, body: file } }, "invite"],
    ["no offer", { invitation: offerless }, "invite"],
    ["a focus calls", { invitation: { ...invitation, contactParams: ";isfocus" } }, "invite"],
    ["a core knows where to go on", { invitation: { ...invitation, route: ["<sip:c;lr>"] } }, "invite"],
    ["no device may be offered it", { canRing: false }, "refuse"],
    ["no device, and the store takes sessions", { canRing: false, whenOffline: "store" as const }, "store"],
    ["the callee has too many sessions", { sessions: 10 }, "refuse"],
    ["the callee is barred", { profile: profileOf(bob, { ...auto, isBarred: true }) }, "refuse"],
  ])("%s", (_name, differs, kind) => {
    const arrival = { ...base, ...differs };
    const facts = readSessionFacts(arrival.invitation, "deferred");
    if (!facts.ok) throw new Error(facts.error.name);
    expect(decideSessionTermination({ ...arrival, facts: facts.value }).kind).toBe(kind);
  });
});

describe("PF-07 GEN-17 what a caller hears whom no device answers", () => {
  it.each<[string, Failed[], string]>([
    ["silence", [silent], unanswered],
    ["480", [answeredWith(480) as Failed], unanswered],
    ["486", [answeredWith(486) as Failed], 'SIP;cause=486;text="Busy Here"'],
    ["486 and silence", [answeredWith(486) as Failed, silent], unanswered],
    ["603", [answeredWith(603) as Failed, silent], 'SIP;cause=603;text="Decline"'],
    [
      "488",
      [answeredWith(488) as Failed],
      `SIP;cause=488;text="The recipient's devices do not accept this message"`,
    ],
  ])("%s", (_, answers, reason) => expect(reasonToEnd(answers)).toBe(reason));
});

describe("PF-07 whether a callee's answer is news for a caller who has one", () => {
  const anything = sdp(["a=max-size:100"]);
  it.each([
    ["the same", anything, false],
    [
      "another origin and unknown lines",
      anything.replace("o=- 1 1", "o=- 7 2").replace("t=0 0\r\n", "t=0 0\r\na=x\r\n"),
      false,
    ],
    ["fewer types", anything.replace("accept-types:*", "accept-types:text/plain"), true],
    ["wrapped types", sdp(["a=max-size:100", "a=accept-wrapped-types:text/plain"]), true],
    ["smaller messages", sdp(["a=max-size:99"]), true],
    ["on hold", sdp(["a=max-size:100", "a=recvonly"]), true],
    ["no session", anything.replace("message 2855", "message 0"), true],
  ])("%s", (_, now, expected) => expect(isNews(octets(anything), octets(now))).toBe(expected));
});

describe("PF-07 a session for a user who has sessions answered", () => {
  it("has its answer while the device rings, and the device as soon as that answers", async () => {
    const { originate, conversations, invites, translated, requests, ends, answerAs } = await givenAuto();
    const answer = await originate(invitation);
    expect(answer).toMatchObject({ kind: "accepted", conversation: "v1", headers: [] });
    expect(descriptionIn(answer)).toBe(early);
    await settle();
    expect(invites).toMatchObject([
      { conversation: "v1", requestUri: "sip:b1@192.0.2.1:5060", ringMs: 20_000 },
    ]);
    expect(await conversations.of("v1")).toMatchObject({
      callee: { kind: "ringing" },
      anchor: { node: "r1" },
      descriptions: { caller: octets(sdp()) },
    });
    expect(translated).toEqual([]);
    await answerAs("accepts");
    expect(translated).toMatchObject([{ what: "answer", from: "callee", reach: "tcp" }]);
    expect(await conversations.of("v1")).toMatchObject({
      callee: { kind: "sip", node: "e1", leg: invites[0]?.leg },
      descriptions: { caller: octets(sdp()), callee: octets(sdp(["a=answer-of:b1"])) },
    });
    expect([requests, ends]).toEqual([[], []]);
  });

  it("says no 180 after its 200", async () => {
    const { originate, invites, progress, progresses } = await givenAuto();
    await originate(invitation);
    await settle();
    await progress(invites[0]?.leg ?? "", 180);
    await settle();
    expect(progresses).toEqual([]);
  });

  it("waits for the device where the relay cannot answer", async () => {
    const { originate, answerAs, conversations } = await givenAuto({ early: null });
    const answering = originate(invitation);
    await settle();
    expect(await conversations.of("v1")).toBeUndefined();
    await answerAs("accepts");
    expect(await answering).toMatchObject({ kind: "accepted", headers: [["Server", "b1"]] });
  });

  it("offers the caller what the device takes, where that is less", async () => {
    const narrower = early.replace("accept-types:*", "accept-types:text/plain");
    const agreed = sdpBody(sdp(["a=again"]));
    const { originate, requests, translated, conversations, answerAs } = await givenAuto({
      calleeSays: narrower,
      inDialog: [{ status: 200, body: agreed }],
    });
    await originate(invitation);
    await settle();
    await answerAs("accepts");
    expect(translated.map(({ what, from }) => [what, from])).toEqual([
      ["answer", "callee"],
      ["offer", "callee"],
      ["answer", "caller"],
    ]);
    expect(requests).toMatchObject([{ leg: "leg-alice", method: "INVITE" }]);
    const kept = await conversations.of("v1");
    expect(kept?.descriptions.caller).toEqual(agreed.content);
    expect(kept?.offering).toBeUndefined();
  });

  it("rfc3261#14.1 stays as it is where the caller does not agree", async () => {
    const { originate, conversations, ends, answerAs } = await givenAuto({
      calleeSays: early.replace("accept-types:*", "accept-types:text/plain"),
      inDialog: [{ status: 488 }],
    });
    await originate(invitation);
    await settle();
    await answerAs("accepts");
    const kept = await conversations.of("v1");
    expect(kept).toMatchObject({ callee: { kind: "sip" }, descriptions: { caller: octets(sdp()) } });
    expect([kept?.offering, ends]).toEqual([undefined, []]);
  });

  it.each([
    [603, 'SIP;cause=603;text="Decline"'],
    [486, 'SIP;cause=486;text="Busy Here"'],
    [480, unanswered],
  ])("GEN-17 ends with the reason of a device that answers %d", async (status, reason) => {
    const { originate, conversations, ends, closedSessions, translated, answerAs } = await givenAuto();
    await originate(invitation);
    await settle();
    await answerAs(answeredWith(status));
    expect(ends).toEqual([{ leg: "leg-alice", reason }]);
    expect(closedSessions).toEqual(["s-v1-1"]);
    expect(await conversations.of("v1")).toBeUndefined();
    expect(translated).toEqual([]);
  });

  it("ends after 20 s in which no device answers, each preference having had its share", async () => {
    const bindings = [binding("b1", { q: 900 }), binding("b2", { q: 100 })];
    const rings = { b1: "rings", b2: "rings" } as const;
    const { originate, ends, invites, wait } = await givenAuto({ bindings, rings });
    await originate(invitation);
    await wait(10_500);
    expect(invites.map(({ ringMs }) => ringMs)).toEqual([10_000, 10_000]);
    expect(ends).toEqual([]);
    await wait(10_000);
    expect(ends).toEqual([{ leg: "leg-alice", reason: unanswered }]);
  });

  it("DF-03 is the store's where the store takes sessions", async () => {
    const { originate, conversations, received, ends, closedLegs, leave, answerAs } = await givenAuto({
      config: { sessionOffline: "store" },
    });
    await originate(invitation);
    await settle();
    await answerAs(silent);
    expect(received).toMatchObject([{ owner: bob, offer: octets("offer by tcp"), messages: "many" }]);
    expect(await conversations.of("v1")).toMatchObject({ callee: { kind: "store", leg: "leg-store" } });
    expect(ends).toEqual([]);
    await leave({ conversation: "v1", leg: "leg-alice" });
    expect(closedLegs).toEqual(["leg-store"]);
  });

  it.each([["down" as const], [{ refused: "quota-messages" as const }]])(
    "DF-03 ends where the store does not take it: %j",
    async (store) => {
      const { originate, ends, answerAs } = await givenAuto({ config: { sessionOffline: "store" }, store });
      await originate(invitation);
      await settle();
      await answerAs(silent);
      expect(ends).toEqual([{ leg: "leg-alice", reason: unanswered }]);
    },
  );

  it("is not the store's when the user has declined", async () => {
    const { originate, received, ends, answerAs } = await givenAuto({ config: { sessionOffline: "store" } });
    await originate(invitation);
    await settle();
    await answerAs(answeredWith(603));
    expect(received).toEqual([]);
    expect(ends).toMatchObject([{ leg: "leg-alice" }]);
  });

  it("GEN-40 PF-11 a caller who leaves has the devices cancelled, with the Reason of the BYE", async () => {
    const { originate, leave, cancels, ends, closedSessions, conversations, invites } = await givenAuto();
    await originate(invitation);
    await settle();
    await leave({ conversation: "v1", leg: "leg-alice", reason: "SIP;cause=200" });
    await settle();
    expect(cancels).toEqual([{ leg: invites[0]?.leg, reason: "SIP;cause=200" }]);
    expect([ends, closedSessions]).toEqual([[], ["s-v1-1"]]);
    expect(await conversations.countOf(bob)).toBe(0);
  });

  it("ends the leg of a device whose 2xx has crossed the BYE of the caller", async () => {
    const { originate, leave, ends, invites } = await givenAuto({ rings: { b1: "rings and accepts late" } });
    await originate(invitation);
    await settle();
    await leave({ conversation: "v1", leg: "leg-alice" });
    await settle();
    expect(ends).toMatchObject([{ leg: invites[0]?.leg }]);
  });

  it("GEN-40 a caller who has given up before the answer came is left alone", async () => {
    const { originate, cancel, conversations, closedSessions } = await givenAuto();
    const answering = originate(invitation);
    await cancel();
    expect(await answering).toMatchObject({ kind: "refused", status: 487 });
    await settle();
    expect(await conversations.countOf(bob)).toBe(0);
    expect(closedSessions).toEqual(["s-v1-1"]);
  });

  it("GEN-15 an offer of the caller has to come again, and other requests later", async () => {
    const { originate, bus, requests } = await givenAuto();
    await originate(invitation);
    await settle();
    const ask = (method: string) =>
      bus.request(
        participating.relayInDialog,
        {},
        {
          conversation: "v1",
          leg: "leg-alice",
          method,
          headers: [],
          ...(method === "INVITE" && { body: sdpBody() }),
        },
      );
    expect(await ask("INVITE")).toMatchObject({ status: 491 });
    expect(await ask("INFO")).toMatchObject({ status: 480 });
    expect(requests).toEqual([]);
  });

  it.each([
    ["nobody can use", { type: "text/plain", content: octets("?") }, {}, 488],
    ["the relay refuses", sdpBody(), { translations: [{ status: 488, reason: "no" }] }, 488],
    ["comes when the relay is gone", sdpBody(), { translations: ["gone" as const] }, 503],
  ])("ends on both sides with an answer that %s", async (_, body, situation, cause) => {
    const { originate, ends, invites, conversations, answerAs } = await givenAuto({
      answers200: { b1: body },
      ...situation,
    });
    await originate(invitation);
    await settle();
    await answerAs("accepts");
    const reason = expect.stringContaining(`cause=${cause}`);
    expect(ends).toContainEqual({ leg: "leg-alice", reason });
    expect(ends).toContainEqual({ leg: invites[0]?.leg, reason });
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("PF-12 counts for both from its answer on", async () => {
    const limits = {
      maxLargeBytes: 1,
      maxSessionBytes: 1_000,
      maxFileBytes: 1,
      contentTypes: ["*"],
      refusedClients: [],
    };
    const { originate, closedSessions } = await givenAuto({
      config: { sessionLimits: { ...limits, maxSessions: 1 } },
    });
    expect(await originate(invitation)).toMatchObject({ kind: "accepted" });
    expect(await originate({ ...invitation, id: "v2" })).toMatchObject({ kind: "refused" });
    expect(closedSessions).not.toContain("s-v1-1");
  });

  it("ends when this process stops", async () => {
    const { originate, service, ends, cancels } = await givenAuto();
    await originate(invitation);
    await settle();
    await service.stop();
    expect(cancels).toMatchObject([{ reason: unavailable }]);
    expect(ends).toEqual([{ leg: "leg-alice", reason: unavailable }]);
  });
});

describe("PF-07 PF-11 a part of a session is gone before a device has answered", () => {
  const ringing = (node: string): RingingLeg => ({ kind: "ringing", node, incarnation: node, leg: "leg-r" });
  const half = (differs: Partial<Conversation> = {}) =>
    conversation({ callee: ringing("participating-gone"), ...differs });

  it("the process that rang: the sweep ends it within 10 s", async () => {
    const { conversations, wait, ends, closedSessions } = await givenAuto();
    await conversations.open(half(), 24 * 3_600_000, 10);
    await wait(10_000);
    expect(ends).toEqual([{ leg: "leg-alice", reason: unavailable }]);
    expect(closedSessions).toEqual(["s1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("no part: nothing ends, before a device has answered and after", async () => {
    const { originate, wait, ends, answerAs, conversations } = await givenAuto();
    await originate(invitation);
    await wait(9_000);
    await answerAs("accepts");
    await wait(9_000);
    expect(ends).toEqual([]);
    expect(await conversations.of("v1")).toMatchObject({ callee: { kind: "sip" } });
  });

  it("the leg of the caller: the devices are cancelled", async () => {
    const { originate, wait, cancels, closedSessions } = await givenAuto({ missing: ["leg-alice"] });
    await originate(invitation);
    await wait(10_000);
    expect(cancels).toHaveLength(1);
    expect(closedSessions).toEqual(["s-v1-1"]);
  });

  it.each([
    ["the sweep finds", { missing: ["s-v1-1"] }, false],
    ["the relay says", {}, true],
  ])("the relay, as %s: nothing is moved, for it had what was sent", async (_, situation, isTold) => {
    const { originate, wait, bus, ends, cancels, anchored } = await givenAuto(situation);
    await originate(invitation);
    const lost = { conversation: "v1", session: "s-v1-1", why: "draining" } as const;
    if (isTold) await bus.publish(msrpRelay.sessionLost, {}, lost);
    await wait(isTold ? 500 : 10_000);
    expect(ends).toEqual([{ leg: "leg-alice", reason: unavailable }]);
    expect(cancels).toHaveLength(1);
    expect(anchored).toHaveLength(1);
  });

  it("a caller whose media do not come: the devices are cancelled", async () => {
    const { originate, bus, ends, cancels } = await givenAuto();
    await originate(invitation);
    await settle();
    const lost = { conversation: "v1", session: "s-v1-1", side: "caller", why: "not-bound" } as const;
    await bus.publish(msrpRelay.sessionLost, {}, lost);
    await settle();
    expect([ends.length, cancels.length]).toEqual([1, 1]);
  });
});
