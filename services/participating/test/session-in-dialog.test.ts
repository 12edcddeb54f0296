import { describe, expect, it } from "@jest/globals";
import { participating, type SessionBody } from "@heliograph/contracts";
import { settle, text } from "./given.js";
import {
  descriptionIn,
  givenSessions,
  invitation,
  largeMessage,
  octets,
  sdp,
  sdpBody,
  type SessionSituation,
} from "./given-sessions.js";

/** Alice and Bob are in a session. */
async function inSession(situation: SessionSituation = {}, call = invitation) {
  const world = await givenSessions(situation);
  await world.originate(call);
  const { bus, invites } = world;
  const bobsLeg = invites[0]?.leg ?? "";
  world.translated.length = 0;
  return {
    ...world,
    bobsLeg,
    relay: (leg: string, method: string, body?: SessionBody, headers: [string, string][] = []) =>
      bus.request(
        participating.relayInDialog,
        {},
        {
          conversation: "v1",
          leg,
          method,
          headers,
          ...(body && { body }),
        },
      ),
    acknowledge: (leg: string, body?: SessionBody) =>
      bus.request(participating.takeAcknowledgement, {}, { conversation: "v1", leg, ...(body && { body }) }),
  };
}

const hold = sdpBody(sdp(["a=sendonly"]));
const held = sdpBody(sdp(["a=recvonly"]));
const overWebSocket = sdpBody(
  sdp([], { media: "m=message 9 TCP/TLS/MSRP *", path: "msrps://192.0.2.9:443/n;ws" }),
);

describe("PF-10 an offer inside a session", () => {
  it.each(["INVITE", "UPDATE"])(
    "%s goes to the other leg translated, and its answer back",
    async (method) => {
      const { relay, requests, translated, conversations, bobsLeg } = await inSession({
        inDialog: [{ status: 200, body: held, headers: [["X-B", "1"]] }],
      });
      const answer = await relay("leg-alice", method, hold, [["X-A", "1"]]);
      expect(translated).toEqual([
        { what: "offer", from: "caller", description: text(hold.content), reach: "tcp" },
        { what: "answer", from: "callee", description: text(held.content), reach: "tcp" },
      ]);
      expect(requests).toMatchObject([{ leg: bobsLeg, method, headers: [["X-A", "1"]] }]);
      expect(text(requests[0]?.body?.content ?? new Uint8Array())).toBe("translated offer by tcp");
      expect(answer).toMatchObject({ status: 200, headers: [["X-B", "1"]] });
      expect(text(answer.body?.content ?? new Uint8Array())).toBe("translated answer by tcp");
      expect((await conversations.of("v1"))?.descriptions).toEqual({
        caller: hold.content,
        callee: held.content,
      });
    },
  );

  it("MS-13 of the callee, who has moved to another transport: it is offered what it reaches from then on", async () => {
    const { relay, requests, translated, bobsLeg } = await inSession({
      inDialog: [{ status: 200, body: held }],
    });
    await relay(bobsLeg, "INVITE", overWebSocket);
    expect(requests).toMatchObject([{ leg: "leg-alice" }]);
    expect(translated).toMatchObject([
      { what: "offer", from: "callee", reach: "tcp" },
      { what: "answer", from: "caller", reach: "tcp" },
    ]);
    translated.length = 0;
    await relay("leg-alice", "INVITE", hold);
    expect(translated).toMatchObject([
      { what: "offer", from: "caller", reach: "ws" },
      { what: "answer", from: "callee", reach: "ws" },
    ]);
  });

  it.each([488, 491, 500])(
    "a %i of the other side is passed on, and nothing is remembered",
    async (status) => {
      const { relay, conversations } = await inSession({ inDialog: [{ status }] });
      expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status });
      expect((await conversations.of("v1"))?.descriptions.caller).toEqual(octets(sdp()));
    },
  );

  it.each([
    ["the relay refuses", { translations: ["translated" as const, { status: 488, reason: "no" }] }, 488],
    ["the answer says nothing of the media", { inDialog: [{ status: 200 }] }, 488],
    [
      "the relay refuses the answer",
      {
        translations: ["translated" as const, "translated" as const, { status: 488, reason: "no" }],
        inDialog: [{ status: 200, body: held }],
      },
      488,
    ],
  ])("it is refused when %s", async (_, situation, status) => {
    const { relay, ends } = await inSession(situation);
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status });
    expect(ends).toEqual([]);
  });

  it("PF-11 MS-47 moves the session when its relay is gone, and goes on there", async () => {
    const { relay, anchored, translated, conversations, requests } = await inSession({
      translations: ["translated", "gone", "translated"],
      inDialog: [{ status: 200, body: held }],
    });
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 200 });
    expect(anchored.map(({ offer }) => offer)).toEqual([octets(sdp()), undefined]);
    expect(translated).toMatchObject([
      { what: "offer", from: "caller" },
      { what: "offer", from: "caller" },
      { what: "answer", from: "callee" },
    ]);
    expect(requests).toHaveLength(1);
    expect(await conversations.of("v1")).toMatchObject({
      anchor: { session: "s-v1-2" },
      descriptions: { caller: hold.content, callee: held.content },
    });
  });

  it("PF-11 is a 503 when the relay is gone and none comes in its place, or when the store is at the other end", async () => {
    const stored = await inSession({ bindings: [], translations: ["translated", "gone"] }, largeMessage);
    expect(await stored.relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 503 });
    const { relay, clock, conversations } = await inSession({ translations: ["translated", "gone"] });
    await conversations.change("v1", 60_000, (current) => ({
      ...current,
      anchor: { node: "r9", incarnation: "ri", session: "s9" },
    }));
    const answering = relay("leg-alice", "INVITE", hold);
    await settle();
    clock.advance(6_000);
    expect(await answering).toMatchObject({ status: 503 });
  });

  it("a description that cannot be read is a 400, another body a 415", async () => {
    const { relay, requests } = await inSession();
    expect(
      await relay("leg-alice", "INVITE", { type: "multipart/mixed;boundary=b", content: octets("x") }),
    ).toMatchObject({ status: 400 });
    expect(await relay("leg-alice", "INVITE", { type: "text/plain", content: octets("x") })).toMatchObject({
      status: 415,
    });
    expect(requests).toEqual([]);
  });

  it("GEN-15 of one side while another is on its way is a 491, whatever side it comes from", async () => {
    const { relay, bobsLeg, clock, requests } = await inSession({
      inDialog: ["held back", { status: 200, body: held }],
    });
    const first = relay("leg-alice", "INVITE", hold);
    await settle();
    expect(await relay(bobsLeg, "INVITE", held)).toMatchObject({ status: 491 });
    expect(await relay(bobsLeg, "UPDATE", held)).toMatchObject({ status: 491 });
    expect(await relay(bobsLeg, "INVITE")).toMatchObject({ status: 491 });
    clock.advance(1_000);
    expect(await first).toMatchObject({ status: 200 });
    expect(await relay(bobsLeg, "INVITE", held)).toMatchObject({ status: 200 });
    expect(requests.map(({ leg }) => leg)).toEqual([bobsLeg, "leg-alice"]);
  });

  it("GEN-15 of a process that died with it is waited for 45 s, and no longer", async () => {
    const { relay, conversations, clock } = await inSession({ inDialog: [{ status: 200, body: held }] });
    const offering = { name: "x", untilMs: clock.nowMs() + 45_000 };
    await conversations.change("v1", 3_600_000, (current) => ({ ...current, offering }));
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 491 });
    clock.advance(45_000);
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 200 });
    expect((await conversations.of("v1"))?.offering).toBeUndefined();
  });

  it("GEN-39 is a 481 for a leg that is not of the session, and for a session that is over", async () => {
    const { relay, leave } = await inSession();
    expect(await relay("nobody's", "INVITE", hold)).toMatchObject({ status: 481 });
    await leave({ conversation: "v1", leg: "leg-alice" });
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 481 });
  });

  it("GEN-37 silence is a 408 for INVITE and a 504 for anything else; the session goes on", async () => {
    const { relay, conversations } = await inSession({ inDialog: ["silent"] });
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 408 });
    expect(await relay("leg-alice", "UPDATE", hold)).toMatchObject({ status: 504 });
    expect(await relay("leg-alice", "INFO")).toMatchObject({ status: 504 });
    expect(await conversations.of("v1")).toBeDefined();
  });

  it("PF-11 a leg that is out of reach ends the session, with BYE to who asked", async () => {
    const { relay, ends, closedSessions, conversations } = await inSession({ inDialog: ["unreachable"] });
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 480 });
    expect(ends).toEqual([{ leg: "leg-alice", reason: 'SIP;cause=480;text="Temporarily Unavailable"' }]);
    expect(closedSessions).toEqual(["s-v1-1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("GEN-14 what is broken is a 500", async () => {
    const { relay, state } = await inSession();
    state.conversations.of = () => Promise.reject(new Error("no state"));
    expect(await relay("leg-alice", "INVITE", hold)).toMatchObject({ status: 500 });
  });
});

describe("PF-15 any other request inside a session", () => {
  it("passes as it is, and so does its answer", async () => {
    const body = { type: "text/plain", content: octets("hi") };
    const { relay, requests, bobsLeg, translated } = await inSession({
      inDialog: [{ status: 202, body, headers: [["X", "1"]] }],
    });
    const answer = await relay("leg-alice", "INFO", body, [["Info-Package", "x"]]);
    expect(requests).toMatchObject([
      { leg: bobsLeg, method: "INFO", headers: [["Info-Package", "x"]], body },
    ]);
    expect(answer).toEqual({ status: 202, reason: "reason 202", headers: [["X", "1"]], body });
    expect(translated).toEqual([]);
  });

  it("an UPDATE without a description passes, too", async () => {
    const { relay, requests } = await inSession();
    expect(await relay("leg-alice", "UPDATE")).toMatchObject({ status: 200 });
    expect(requests).toMatchObject([{ method: "UPDATE" }]);
  });

  it("DF-05 the store takes none, and repeats what it has answered to an offer", async () => {
    const { relay, requests, translated } = await inSession({ bindings: [] }, largeMessage);
    expect(await relay("leg-alice", "INFO")).toMatchObject({ status: 405 });
    const answer = await relay("leg-alice", "INVITE", hold);
    expect(answer).toMatchObject({ status: 200 });
    expect(translated).toMatchObject([
      { what: "offer", from: "caller" },
      { what: "answer", from: "callee", description: sdp(["a=recvonly"]) },
    ]);
    expect(requests).toEqual([]);
  });
});

describe("GEN-44 an INVITE without an offer", () => {
  const { body: _, ...offerless } = { ...invitation, transport: "wss" as const };

  it("has the callee offer, the caller answer in the ACK, and the callee hear of it", async () => {
    const world = await givenSessions();
    const { originate, anchored, invites, translated, acknowledged, conversations, bus } = world;
    const answer = await originate(offerless);
    expect(anchored[0]?.offer).toBeUndefined();
    expect(invites[0]?.body).toBeUndefined();
    expect(translated).toMatchObject([{ what: "offer", from: "callee", reach: "ws" }]);
    expect(descriptionIn(answer)).toBe("translated offer by ws");
    await bus.request(
      participating.takeAcknowledgement,
      {},
      { conversation: "v1", leg: "leg-alice", body: hold },
    );
    expect(translated[1]).toMatchObject({
      what: "answer",
      from: "caller",
      description: text(hold.content),
      reach: "tcp",
    });
    expect(acknowledged).toMatchObject([{ leg: invites[0]?.leg }]);
    expect(text(acknowledged[0]?.body.content ?? new Uint8Array())).toBe("translated answer by tcp");
    expect((await conversations.of("v1"))?.descriptions.caller).toEqual(hold.content);
  });

  it.each([
    ["says nothing", undefined, ["translated" as const], 488],
    ["answers what the relay cannot use", hold, ["translated" as const, { status: 488, reason: "no" }], 488],
    ["answers when the relay is gone", hold, ["translated" as const, "gone" as const], 503],
  ])("GEN-17 ends when the ACK %s", async (_, body, translations, cause) => {
    const { originate, bus, ends, invites, conversations } = await givenSessions({ translations });
    await originate(offerless);
    await bus.request(
      participating.takeAcknowledgement,
      {},
      {
        conversation: "v1",
        leg: "leg-alice",
        ...(body && { body }),
      },
    );
    expect(ends).toMatchObject([{ leg: "leg-alice" }, { leg: invites[0]?.leg }]);
    expect(ends[0]?.reason).toContain(`cause=${cause}`);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("inside a session offers the other side what this one said last, and this one what that answered", async () => {
    const { relay, acknowledge, translated, requests, acknowledged, conversations } = await inSession({
      inDialog: [{ status: 200, body: held }],
    });
    const answer = await relay("leg-alice", "INVITE");
    expect(requests).toMatchObject([{ method: "INVITE" }]);
    expect(translated).toMatchObject([
      { what: "offer", from: "caller", description: sdp() },
      { what: "answer", from: "callee", description: text(held.content) },
      { what: "offer", from: "callee", description: text(held.content) },
    ]);
    expect(text(answer.body?.content ?? new Uint8Array())).toBe("translated offer by tcp");
    await acknowledge("leg-alice", overWebSocket);
    expect(acknowledged).toEqual([]);
    expect((await conversations.of("v1"))?.descriptions).toEqual({
      caller: overWebSocket.content,
      callee: held.content,
    });
  });

  it("GEN-15 inside a session whose first offer is not answered yet is a 491", async () => {
    const { originate, bus } = await givenSessions();
    await originate(offerless);
    const request = { conversation: "v1", leg: "leg-alice", method: "INVITE", headers: [] };
    expect(await bus.request(participating.relayInDialog, {}, request)).toMatchObject({ status: 491 });
  });

  it("an ACK of a leg that is none of the session changes nothing", async () => {
    const { acknowledge, ends, translated } = await inSession();
    await acknowledge("nobody's", hold);
    await settle();
    expect([...ends, ...translated]).toEqual([]);
  });

  it("PF-24 without an offer nothing can be stored for who is away", async () => {
    const { originate, received } = await givenSessions({ bindings: [] });
    const { body: __, ...large } = largeMessage;
    expect(await originate(large)).toMatchObject({ status: 480 });
    expect(received).toEqual([]);
  });
});

describe("PF-11 a node that keeps legs asks for their conversations", () => {
  it("and hears which there are not, or not any more", async () => {
    const { bus, leave } = await inSession();
    const missing = async () => {
      const asked = { conversations: ["v1", "never"] };
      return (await bus.request(participating.checkConversations, {}, asked)).missing;
    };
    expect(await missing()).toEqual(["never"]);
    await leave({ conversation: "v1" });
    expect(await missing()).toEqual(["v1", "never"]);
  });
});
