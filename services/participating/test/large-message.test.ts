import { describe, expect, it } from "@jest/globals";
import { type Invitation, participating } from "@heliograph/contracts";
import { alice, binding, bob, settle, text } from "./given.js";
import {
  answeredWith,
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

const large = (key: string, differs = {}) =>
  binding(key, {
    params: [
      ["+g.oma.sip-im", null],
      ["+g.oma.sip-im.large-message", null],
    ],
    ...differs,
  });
const chatOnly = binding("chat", { params: [["+g.oma.sip-im", null]] });
const away = { bindings: [] };

describe("DF-03 PF-42 flow 4.2: a large message", () => {
  it("PF-42 rings the devices that take large messages, and no others", async () => {
    const { originate, invites, conversations, anchored } = await givenSessions({
      bindings: [large("b1"), chatOnly, binding("silent")],
    });
    expect(await originate(largeMessage)).toMatchObject({ kind: "accepted" });
    expect(invites.map(({ requestUri }) => requestUri)).toEqual(["sip:b1@192.0.2.1:5060"]);
    expect(await conversations.of("v1")).toMatchObject({ purpose: "large-message" });
    expect(anchored[0]?.policy.maxMessageBytes).toBe(10 * 1_048_576);
  });

  it("PF-20 needs its own service", async () => {
    const services = everyService.filter((service) => service !== "large-message");
    for (const user of [alice, bob]) {
      const { originate } = await givenSessions({ profiles: { [user]: { services } } });
      expect(await originate(largeMessage)).toMatchObject({ status: 403, warning: { code: "127" } });
    }
  });

  it("PF-23 is refused when it is announced as larger than the operator lets through", async () => {
    const { originate, received } = await givenSessions(away);
    const body = sdpBody(sdp([`a=file-selector:size:${10 * 1_048_576 + 1}`]));
    expect(await originate({ ...largeMessage, body })).toMatchObject({
      status: 403,
      warning: { text: "Size exceeded" },
    });
    expect(received).toEqual([]);
  });
});

describe("DF-05 flow 4.5: a large message for who is away", () => {
  it.each<[string, SessionSituation]>([
    ["no device is registered", away],
    ["no device takes large messages", { bindings: [chatOnly] }],
    ["the device does not answer", { bindings: [large("b1")], rings: { b1: answeredWith(480) } }],
    ["the device is busy", { bindings: [large("b1")], rings: { b1: answeredWith(486) } }],
    [
      "the flow is gone",
      { bindings: [large("b1")], rings: { b1: { kind: "unreachable", reason: "closed" } } },
    ],
    [
      "DF-02 the user wants messages kept",
      { bindings: [large("b1")], profiles: { [bob]: { services: everyService, whenOnline: "store" } } },
    ],
    ["DF-40 earlier messages wait", { bindings: [large("b1")], isQueued: true }],
  ])("is taken by the store when %s", async (_, situation) => {
    const { originate, received, translated, conversations } = await givenSessions(situation);
    const body = sdpBody(sdp(["a=sendonly", "a=file-selector:size:2000"]));
    const answer = await originate({ ...largeMessage, body });
    expect(received).toMatchObject([
      {
        owner: bob,
        messages: "one",
        maxBytes: 10 * 1_048_576,
        message: { id: "v1", callId: "v1", sizeBytes: 2000 },
      },
    ]);
    expect(text(received[0]?.offer ?? new Uint8Array())).toBe("offer by tcp");
    expect(translated).toEqual([
      { what: "answer", from: "callee", description: sdp(["a=recvonly"]), reach: "tcp" },
    ]);
    expect(descriptionIn(answer)).toBe("translated answer by tcp");
    expect(await conversations.of("v1")).toMatchObject({
      callerAor: alice,
      calleeAor: bob,
      callee: { kind: "store", node: "d1", leg: "leg-store" },
    });
  });

  it("DF-06 with what its INVITE says of it", async () => {
    const { terminate, received } = await givenSessions(away);
    const headers: [string, string][] = [...largeMessage.headers, ["Expires", "60"]];
    await terminate({ ...fromCarol, headers, privacy: ["id"] });
    expect(received[0]?.message).toMatchObject({
      recipient: bob,
      sender: fromCarol.sender,
      from: fromCarol.from,
      privacy: ["id"],
      headers,
      receivedAtMs: fromCarol.receivedAtMs,
    });
  });

  it("PF-11 its end is closed when the sender has left", async () => {
    const { originate, leave, closedLegs, closedSessions, ends } = await givenSessions(away);
    await originate(largeMessage);
    await leave({ conversation: "v1", leg: "leg-alice" });
    expect([closedLegs, closedSessions, ends]).toEqual([["leg-store"], ["s-v1-1"], []]);
  });

  it("the store's leaving ends the sender's leg", async () => {
    const { originate, leave, ends, closedLegs } = await givenSessions(away);
    await originate(largeMessage);
    await leave({ conversation: "v1", leg: "leg-store" });
    expect(ends).toMatchObject([{ leg: "leg-alice" }]);
    expect(closedLegs).toEqual([]);
  });

  it.each<[string, SessionSituation, number, string | undefined]>([
    [
      "DF-10 a user who keeps nothing",
      { ...away, profiles: { [bob]: { services: everyService, whenOffline: "refuse" } } },
      480,
      "Deferred messaging not allowed",
    ],
    [
      "DF-09 no room",
      { ...away, store: { refused: "quota-messages" } },
      480,
      "Deferred message quota exceeded",
    ],
    [
      "DF-10 a sender whose messages are not kept",
      { ...away, store: { refused: "not-allowed" } },
      480,
      "Deferred messaging not allowed",
    ],
    ["PF-23 more than the store takes", { ...away, store: { refused: "too-large" } }, 403, "Size exceeded"],
    ["a store that is down", { ...away, store: "down" }, 500, undefined],
  ])("%s", async (_, situation, status, warning) => {
    const { originate, closedSessions } = await givenSessions(situation);
    const answer = await originate(largeMessage);
    expect(answer).toMatchObject({ kind: "refused", status });
    expect(answer.kind === "refused" ? answer.warning?.text : "").toBe(warning);
    expect(closedSessions).toHaveLength(situation.profiles ? 0 : 1);
  });

  it("PF-43 a device's refusal is the sender's to know, and nothing is stored", async () => {
    const { originate, received } = await givenSessions({
      bindings: [large("b1")],
      rings: { b1: answeredWith(603) },
    });
    expect(await originate(largeMessage)).toMatchObject({ status: 603 });
    expect(received).toEqual([]);
  });
});

describe("DF-03 a session for who is away", () => {
  it("is a 480 by default", async () => {
    const { originate, received } = await givenSessions(away);
    expect(await originate(invitation)).toMatchObject({ status: 480 });
    expect(received).toEqual([]);
  });

  it("is answered by the store where the operator wants it, message by message", async () => {
    const { originate, received } = await givenSessions({ ...away, config: { sessionOffline: "store" } });
    expect(await originate(invitation)).toMatchObject({ kind: "accepted" });
    expect(received).toMatchObject([{ messages: "many", maxBytes: 100 * 1_048_576 }]);
  });

  it("but not for a file, and not for a user who keeps nothing", async () => {
    const config = { sessionOffline: "store" as const };
    const first = await givenSessions({ ...away, config });
    const body = sdpBody(sdp(["a=file-selector:size:1"]));
    expect(await first.originate({ ...invitation, body })).toMatchObject({ status: 480 });
    const profiles = { [bob]: { services: everyService, whenOffline: "refuse" as const } };
    const second = await givenSessions({ ...away, config, profiles });
    expect(await second.originate(invitation)).toMatchObject({ status: 480 });
    expect([...first.received, ...second.received]).toEqual([]);
  });
});

describe("DF-30 DF-31 flow 4.5: fetching what waits", () => {
  const psi = "sip:deferred@a.example";
  const fetching: Invitation = {
    ...invitation,
    requestUri: psi,
    recipient: psi,
    body: sdpBody(sdp(["a=recvonly"])),
  };
  const naming = (...references: string[]) => {
    const entries = references.map((one) => `<entry uri="${one}"/>`).join("");
    const list = `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>${entries}</list></resource-lists>`;
    const content = `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp(["a=recvonly"])}\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n${list}\r\n--b--\r\n`;
    return { ...fetching, body: { type: "multipart/mixed;boundary=b", content: octets(content) } };
  };

  it("opens a retrieval of everything, which counts as one session of the user", async () => {
    const { originate, retrieved, conversations, invites } = await givenSessions();
    const answer = await originate(fetching);
    expect(retrieved).toMatchObject([{ conversation: "v1", owner: alice, references: [] }]);
    expect(text(retrieved[0]?.offer ?? new Uint8Array())).toBe("offer by tcp");
    expect(descriptionIn(answer)).toBe("translated answer by tcp");
    expect(await conversations.of("v1")).toMatchObject({
      purpose: "retrieval",
      callerAor: alice,
      calleeAor: alice,
      callee: { kind: "store" },
    });
    expect(await conversations.countOf(psi)).toBe(0);
    expect(invites).toEqual([]);
  });

  it("DF-30 of what it names, each once", async () => {
    const { originate, retrieved } = await givenSessions();
    expect(await originate(naming("r1", "r2", "r1"))).toMatchObject({ kind: "accepted" });
    expect(retrieved[0]?.references).toEqual(["r1", "r2"]);
  });

  it("DF-31 R-participating-23 tells which of several references name nothing", async () => {
    const { originate } = await givenSessions({ unknown: ["r9", 'a"b\u00fc'] });
    expect(await originate(naming("r1", "r9"))).toMatchObject({
      kind: "accepted",
      headers: [["Warning", '399 a.example "No such message waits for you: r9 a\\"b?"']],
    });
    const many = await givenSessions({ unknown: Array.from({ length: 20 }, (_, index) => `r${index}`) });
    expect(await many.originate(naming("r1"))).toMatchObject({
      headers: [["Warning", expect.stringContaining("r15 and 4 others")]],
    });
  });

  it.each<[string, SessionSituation, Invitation, number]>([
    ["DF-31 nothing waits", { store: { refused: "nothing" } }, fetching, 480],
    ["DF-31 nothing of that name waits", { store: { refused: "nothing" } }, naming("r9"), 404],
    [
      "the list cannot be read",
      {},
      {
        ...naming(),
        body: {
          type: "multipart/mixed;boundary=b",
          content: octets(
            `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp()}\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n<x\r\n--b--\r\n`,
          ),
        },
      },
      400,
    ],
    ["the user is barred", { profiles: { [alice]: { isBarred: true } } }, fetching, 403],
    [
      "PF-20 the user is not provisioned for messages",
      { profiles: { [alice]: { services: ["session"] } } },
      fetching,
      403,
    ],
    ["the store is down", { store: "down" }, fetching, 500],
  ])("is refused when %s", async (_, situation, call, status) => {
    const { originate } = await givenSessions(situation);
    expect(await originate(call)).toMatchObject({ kind: "refused", status });
  });

  it("is refused without an offer", async () => {
    const { originate, retrieved } = await givenSessions();
    const { body: _, ...offerless } = fetching;
    expect(await originate(offerless)).toMatchObject({ status: 488 });
    expect(retrieved).toEqual([]);
  });

  it("a user of another network of that name is somebody else", async () => {
    const elsewhere = "sip:deferred@b.example";
    const { originate, retrieved, invites } = await givenSessions();
    await originate({ ...fetching, requestUri: elsewhere, recipient: elsewhere });
    expect(retrieved).toEqual([]);
    expect(invites).toMatchObject([{ requestUri: elsewhere, towards: "outside" }]);
  });
});

describe("DF-34 DF-35 DF-36 pushing a stored message in a session", () => {
  const pushed: Invitation = {
    ...largeMessage,
    sender: { kind: "local", aor: alice, asserted: ["<sip:deferred@a.example>"] },
    headers: [...largeMessage.headers, ["Referred-By", `<${alice}>`]],
    caller: { kind: "store", node: "d1", incarnation: "di", leg: "leg-store" },
  };
  const push = async (situation: SessionSituation, sizeBytes = 2000) => {
    const world = await givenSessions({ bindings: [large("b1"), chatOnly], ...situation });
    const reply = await world.bus.request(
      participating.pushLargeMessage,
      {},
      { invitation: pushed, sizeBytes },
    );
    return { ...world, reply };
  };

  it("DF-34 rings the devices that take it, and answers the store with what a device answered", async () => {
    const { reply, invites, conversations, anchored } = await push({}, 20 * 1_048_576);
    expect(invites).toMatchObject([
      { requestUri: "sip:b1@192.0.2.1:5060", invitation: { headers: pushed.headers } },
    ]);
    expect(anchored[0]?.policy.maxMessageBytes).toBe(20 * 1_048_576);
    expect(reply).toMatchObject({ kind: "answered", conversation: "v1" });
    expect(text(reply.kind === "answered" ? reply.answer : new Uint8Array())).toBe(
      "translated answer by tcp",
    );
    expect(await conversations.of("v1")).toMatchObject({
      purpose: "large-message",
      callerAor: bob,
      calleeAor: bob,
      caller: pushed.caller,
      callee: { kind: "sip" },
    });
  });

  it("PF-11 the device's BYE closes the store's end", async () => {
    const { leave, invites, closedLegs } = await push({});
    await leave({ conversation: "v1", leg: invites[0]?.leg ?? "" });
    expect(closedLegs).toEqual(["leg-store"]);
  });

  it("a device that rings tells nobody", async () => {
    const world = await givenSessions({ bindings: [large("b1")], rings: { b1: "rings" } });
    const replying = world.bus.request(
      participating.pushLargeMessage,
      {},
      { invitation: pushed, sizeBytes: 1 },
    );
    await settle();
    await world.progress(world.invites[0]?.leg ?? "", 180);
    await settle();
    expect(world.progresses).toEqual([]);
    world.answerNow("b1", "accepts");
    expect(await replying).toMatchObject({ kind: "answered" });
  });

  it.each<[string, SessionSituation]>([
    ["no device takes it", { bindings: [chatOnly] }],
    [
      "DF-02 the user wants messages kept",
      { profiles: { [bob]: { services: everyService, whenOnline: "store" } } },
    ],
    ["the device does not answer", { rings: { b1: answeredWith(480) } }],
    ["the device is gone", { rings: { b1: answeredWith(404) } }],
    ["the device knows no INVITE", { rings: { b1: answeredWith(405) } }],
    ["the answer is of no use", { translations: [{ status: 488, reason: "no" }] }],
    ["no relay is there", { relay: "down" }],
  ])("DF-36 stays in the store when %s", async (_, situation) => {
    const { reply, conversations } = await push(situation);
    expect(reply).toMatchObject({ kind: "unreachable" });
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it.each<[string, SessionSituation, number]>([
    ["the recipient is gone", { profiles: { [bob]: "unknown-user" } }, 404],
    ["DF-35 the recipient was barred since", { profiles: { [bob]: { isBarred: true } } }, 403],
    ["DF-35 the sender was barred since", { profiles: { [alice]: { isBarred: true } } }, 403],
    [
      "DF-35 large messages were switched off since",
      { profiles: { [bob]: { services: everyService, disabled: ["large-message"] } } },
      403,
    ],
    ["PF-43 the user refuses it", { rings: { b1: answeredWith(603) } }, 403],
    ["PF-43 the device takes no such type", { rings: { b1: answeredWith(415) } }, 415],
  ])("is given up when %s", async (_, situation, status) => {
    const { reply } = await push(situation);
    expect(reply).toMatchObject({ kind: "refused", status });
  });
});
