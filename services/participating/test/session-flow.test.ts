import { describe, expect, it } from "@jest/globals";
import { alice, binding, bob, carol, profileOf, settle, text } from "./given.js";
import {
  answeredWith,
  descriptionIn,
  fromCarol,
  givenSessions,
  invitation,
  octets,
  sdp,
  sdpBody,
} from "./given-sessions.js";
import { endConversation } from "../src/sessions/end-conversation.js";

const limits = {
  maxLargeBytes: 1_000,
  maxSessionBytes: 1_000,
  maxFileBytes: 1_000,
  contentTypes: [],
  refusedClients: [],
  maxSessions: 10,
};

describe("PF-05 CF-01 flow 4.6: a session between two of our users", () => {
  it("PF-06 PF-08 invites the device with what the relay offers, and answers with what the relay makes of its answer", async () => {
    const { originate, invites, anchored, translated, conversations } = await givenSessions();
    const answer = await originate(invitation);
    expect(anchored).toEqual([
      {
        conversation: "v1",
        offer: octets(sdp()),
        policy: { maxMessageBytes: 104_857_600, contentTypes: ["*"] },
      },
    ]);
    expect(invites).toMatchObject([
      {
        conversation: "v1",
        requestUri: "sip:b1@192.0.2.1:5060",
        flowId: "flow-b1",
        trusted: false,
        towards: "device",
        ringMs: 60_000,
        body: { type: "application/sdp" },
      },
    ]);
    expect(text(invites[0]?.body?.content ?? new Uint8Array())).toBe("offer by tcp");
    expect(translated).toEqual([
      { what: "answer", from: "callee", description: sdp(["a=answer-of:b1"]), reach: "tcp" },
    ]);
    expect(answer).toMatchObject({ kind: "accepted", conversation: "v1", headers: [["Server", "b1"]] });
    expect(descriptionIn(answer)).toBe("translated answer by tcp");
    expect(await conversations.of("v1")).toMatchObject({
      purpose: "session",
      callerAor: alice,
      calleeAor: bob,
      caller: invitation.caller,
      callee: { kind: "sip", node: "e1", leg: invites[0]?.leg },
      anchor: { node: "r1", session: "s-v1-1" },
      descriptions: { caller: octets(sdp()), callee: octets(sdp(["a=answer-of:b1"])) },
    });
  });

  it("CF-19 shows nobody as a focus", async () => {
    const { originate } = await givenSessions();
    expect(await originate(invitation)).toMatchObject({ contactParams: ";+g.oma.sip-im" });
  });

  it("PF-15 CL-21 leaves everything but the description of a multipart body as it is", async () => {
    const first =
      "Content-Type: message/cpim\r\n\r\nFrom: <sip:a@x>\r\n\r\nContent-Type: text/plain\r\n\r\nhi";
    const whole = (description: string) =>
      `--b\r\nContent-Type: application/sdp\r\nContent-Length: ${description.length}\r\n\r\n${description}\r\n--b\r\n${first}\r\n--b--\r\n`;
    const type = 'multipart/mixed;boundary="b"';
    const { originate, invites, anchored } = await givenSessions();
    await originate({ ...invitation, body: { type, content: octets(whole(sdp())) } });
    expect(text(anchored[0]?.offer ?? new Uint8Array())).toBe(sdp());
    expect(invites[0]?.body?.type).toBe(type);
    expect(text(invites[0]?.body?.content ?? new Uint8Array())).toBe(whole("offer by tcp"));
    expect(invites[0]?.invitation.headers).toEqual(invitation.headers);
  });

  it("PF-06 sends 180 upstream once, for a leg of this call", async () => {
    const bindings = [binding("b1"), binding("b2")];
    const { originate, invites, progress, progresses, answerNow } = await givenSessions({
      bindings,
      rings: { b1: "rings", b2: "rings" },
    });
    const answering = originate(invitation);
    await settle();
    await progress("nobody's", 180);
    await progress(invites[0]?.leg ?? "", 183);
    await progress(invites[0]?.leg ?? "", 180);
    await progress(invites[1]?.leg ?? "", 180);
    await settle();
    expect(progresses).toMatchObject([{ leg: "leg-alice", status: 180 }]);
    answerNow("b1", "accepts");
    expect(await answering).toMatchObject({ kind: "accepted" });
  });

  it("PF-06 GEN-17 the first 2xx wins, and the others are cancelled with a Reason", async () => {
    const bindings = [binding("b1"), binding("b2"), binding("b3")];
    const { originate, invites, cancels, ends, answerNow } = await givenSessions({
      bindings,
      rings: { b1: "rings", b2: "rings", b3: "rings and accepts late" },
    });
    const answering = originate(invitation);
    await settle();
    answerNow("b2", "accepts");
    expect(await answering).toMatchObject({ kind: "accepted", headers: [["Server", "b2"]] });
    await settle();
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    expect(cancels).toEqual([
      { leg: invites[0]?.leg, reason },
      { leg: invites[2]?.leg, reason },
    ]);
    // The 2xx that crossed the CANCEL is ended.
    expect(ends).toEqual([{ leg: invites[2]?.leg, reason }]);
  });

  it("SC-14 rings the device that a GRUU names, and no other", async () => {
    const bindings = [
      binding("b1", { instance: "<urn:uuid:1>" }),
      binding("b2", { instance: "<urn:uuid:2>" }),
    ];
    const { originate, terminate, invites } = await givenSessions({ bindings });
    const named = (urn: string) => ({ ...invitation, requestUri: `${invitation.recipient};gr=${urn}` });
    await originate(named("urn:uuid:2"));
    await terminate(named("urn:uuid:2"));
    expect(invites.map(({ requestUri }) => requestUri)).toEqual([
      "sip:b2@192.0.2.1:5060",
      "sip:b2@192.0.2.1:5060",
    ]);
    expect(await originate(named("urn:uuid:3"))).toMatchObject({ kind: "refused", status: 480 });
  });

  it("PF-06 rings devices of a lower preference when those of a higher one did not answer", async () => {
    const bindings = [binding("low", { q: 100 }), binding("high", { q: 900 })];
    const { originate, invites } = await givenSessions({ bindings, rings: { high: answeredWith(480) } });
    expect(await originate(invitation)).toMatchObject({ headers: [["Server", "low"]] });
    expect(invites.map(({ requestUri }) => requestUri)).toEqual([
      "sip:high@192.0.2.1:5060",
      "sip:low@192.0.2.1:5060",
    ]);
  });

  it("GEN-30 takes the flows of one device in turn, and the next one only when a flow is dead", async () => {
    const instance = "<urn:uuid:1>";
    const bindings = [
      binding("new", { instance, registeredAtMs: 2 }),
      binding("old", { instance, registeredAtMs: 1 }),
    ];
    const first = await givenSessions({
      bindings,
      rings: { new: { kind: "unreachable", reason: "closed" } },
    });
    expect(await first.originate(invitation)).toMatchObject({ headers: [["Server", "old"]] });
    const second = await givenSessions({ bindings, rings: { new: answeredWith(480) } });
    expect(await second.originate(invitation)).toMatchObject({ status: 480 });
    expect(second.invites).toHaveLength(1);
  });

  it("PF-43 a refusal for the user stops the others with a Reason", async () => {
    const bindings = [binding("b1"), binding("b2"), binding("b3", { q: 1 })];
    const { originate, invites, cancels, answerNow, closedSessions } = await givenSessions({
      bindings,
      rings: { b1: "rings", b2: "rings" },
    });
    const answering = originate(invitation);
    await settle();
    answerNow("b1", answeredWith(603));
    expect(await answering).toMatchObject({ kind: "refused", status: 603 });
    expect(cancels).toEqual([{ leg: invites[1]?.leg, reason: 'SIP;cause=603;text="Decline"' }]);
    expect(invites).toHaveLength(2);
    expect(closedSessions).toEqual(["s-v1-1"]);
  });

  it.each([
    [603, 603],
    [607, 603],
    [403, 403],
    [604, 404],
    [606, 488],
  ])(
    "PF-43 R-participating-22 a caller whose session a device answers with %d hears %d",
    async (answered, heard) => {
      const { originate } = await givenSessions({ rings: { b1: answeredWith(answered) } });
      expect(await originate(invitation)).toMatchObject({ kind: "refused", status: heard });
    },
  );

  it("GEN-40 a caller who gives up has every device cancelled with his Reason", async () => {
    const { originate, invites, cancels, cancel, closedSessions, conversations } = await givenSessions({
      rings: { b1: "rings" },
    });
    const answering = originate(invitation);
    await settle();
    await cancel("SIP;cause=200");
    expect(await answering).toMatchObject({ kind: "refused", status: 487 });
    expect(cancels).toEqual([{ leg: invites[0]?.leg, reason: "SIP;cause=200" }]);
    expect(closedSessions).toEqual(["s-v1-1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it("GEN-40 a caller who gives up before anybody was asked rings nobody", async () => {
    const { originate, cancel, invites } = await givenSessions();
    const answering = originate(invitation);
    await cancel();
    expect(await answering).toMatchObject({ status: 487 });
    expect(invites).toEqual([]);
  });

  it("PF-43 who does not answer in time is unavailable", async () => {
    const { originate, clock, closedSessions } = await givenSessions({ rings: { b1: "rings" } });
    const answering = originate(invitation);
    await settle();
    clock.advance(60_000);
    expect(await answering).toMatchObject({ kind: "refused", status: 480 });
    expect(closedSessions).toEqual(["s-v1-1"]);
  });
});

describe("PF-08 MS-22 what a device is offered", () => {
  it.each([
    ["a TCP registration", { transport: "tcp" as const }, {}, "tcp"],
    ["an old binding", {}, {}, "tcp"],
    ["a TLS registration", { transport: "tls" as const }, {}, "tls"],
    ["a sips contact", { contact: "sips:b1@192.0.2.1:5061" }, {}, "tls"],
    ["a contact that says TLS", { contact: "<sip:b1@192.0.2.1;transport=TLS>" }, {}, "tls"],
    ["a WebSocket registration", { transport: "wss" as const }, {}, "ws"],
    ["a contact that says WebSocket", { contact: "sip:b1@x.invalid;transport=ws" }, {}, "ws"],
    ["a secure WebSocket contact", { contact: "sips:b1@x.invalid;transport=ws" }, {}, "ws"],
    [
      "a caller who insists on TLS",
      { transport: "tcp" as const },
      { requestUri: "sips:bob@a.example" },
      "tls",
    ],
    ["a core, under TCP", { kind: "core" as const }, {}, "tcp"],
    [
      "a core, under TLS",
      { kind: "core" as const },
      {
        body: sdpBody(
          sdp([], { media: "m=message 2855 TCP/TLS/MSRP *", path: "msrps://192.0.2.9:2855/a;tcp" }),
        ),
      },
      "tls",
    ],
  ])("%s", async (_, differs, call, reach) => {
    const { originate, invites } = await givenSessions({ bindings: [binding("b1", differs)] });
    await originate({ ...invitation, ...call });
    expect(text(invites[0]?.body?.content ?? new Uint8Array())).toBe(`offer by ${reach}`);
  });

  it.each([
    ["tcp" as const, "tcp"],
    ["tls" as const, "tls"],
    ["wss" as const, "ws"],
  ])("the answer of a device on %s comes from where it was offered", async (transport, reach) => {
    const { originate, translated } = await givenSessions({ bindings: [binding("b1", { transport })] });
    await originate(invitation);
    expect(translated).toMatchObject([{ what: "answer", from: "callee", reach }]);
  });
});

describe("PF-06 PF-42 GEN-24 which devices ring", () => {
  const tags = (...names: string[]) => ({ params: names.map((name): [string, null] => [name, null]) });

  it.each([
    ["one that says it does IM", tags("+g.oma.sip-im"), true],
    ["one that says nothing", tags(), true],
    ["one that only names its instance", tags("+sip.instance"), true],
    ["one that takes message sessions", tags("+sip.message", "audio"), true],
    ["a telephone", tags("audio", "video"), false],
    ["a core", { ...tags("audio"), kind: "core" as const }, true],
  ])("%s", async (_, differs, rings) => {
    const { originate, invites } = await givenSessions({ bindings: [binding("b1", differs)] });
    const answer = await originate(invitation);
    expect(invites).toHaveLength(rings ? 1 : 0);
    expect(answer).toMatchObject(rings ? { kind: "accepted" } : { kind: "refused", status: 480 });
  });

  it("GEN-09 the caller's preferences are kept to", async () => {
    const bindings = [binding("b1", tags("+g.oma.sip-im", "mobility")), binding("b2", tags("+g.oma.sip-im"))];
    const { originate, invites } = await givenSessions({ bindings });
    await originate({ ...invitation, headers: [["Accept-Contact", "*;mobility;require;explicit"]] });
    expect(invites.map(({ requestUri }) => requestUri)).toEqual(["sip:b1@192.0.2.1:5060"]);
  });

  it("GEN-25 a core is asked under the address of record, with the asserted identity", async () => {
    const core = binding("b1", { kind: "core", contact: "<sip:scscf.core.example>" });
    const { originate, invites } = await givenSessions({ bindings: [core] });
    await originate(invitation);
    expect(invites).toMatchObject([
      { requestUri: bob, route: ["<sip:scscf.core.example;lr>"], trusted: true, towards: "device" },
    ]);
  });
});

describe("PF-04 SC-08 flow 4.22: a session with another network", () => {
  const toCarol = { ...invitation, requestUri: carol, recipient: carol, to: `<${carol}>` };

  it("goes on by the caller's node, through our relay", async () => {
    const { originate, invites, conversations } = await givenSessions();
    const answer = await originate(toCarol);
    expect(answer).toMatchObject({ kind: "accepted" });
    expect(invites).toMatchObject([{ requestUri: carol, towards: "outside", trusted: false }]);
    expect(text(invites[0]?.body?.content ?? new Uint8Array())).toBe("offer by tcp");
    expect(await conversations.of("v1")).toMatchObject({ callerAor: alice, calleeAor: carol });
  });

  it("PF-02 a core's originating trigger goes back along its route", async () => {
    const { originate, invites } = await givenSessions();
    await originate({ ...invitation, route: ["<sip:scscf.a.example;lr>"] });
    expect(invites).toMatchObject([
      { requestUri: bob, route: ["<sip:scscf.a.example;lr>"], towards: "outside", trusted: true },
    ]);
  });

  it.each([
    [answeredWith(404), 404],
    [answeredWith(486), 486],
    [answeredWith(503), 480],
    [{ kind: "unreachable" as const, reason: "no address" }, 480],
    ["dead node" as const, 480],
  ])("PF-43 %j there is %i here", async (outside, status) => {
    const { originate, closedSessions } = await givenSessions({ rings: { outside } });
    expect(await originate(toCarol)).toMatchObject({ kind: "refused", status });
    expect(closedSessions).toEqual(["s-v1-1"]);
  });

  it("PF-06 an INVITE from there rings our user's devices", async () => {
    const { terminate, invites, lookUps } = await givenSessions();
    expect(await terminate(fromCarol)).toMatchObject({ kind: "accepted" });
    expect(invites).toHaveLength(1);
    expect(lookUps).toEqual([bob]);
  });

  it("PF-24 nobody else is found here", async () => {
    for (const kind of ["unknown-user", "foreign-domain"] as const) {
      const { terminate } = await givenSessions({ profiles: { [bob]: kind } });
      expect(await terminate(fromCarol)).toMatchObject({ kind: "refused", status: 404 });
    }
  });

  it("PF-02 a core's terminating trigger with a route goes along it, whatever is registered here", async () => {
    const { terminate, invites } = await givenSessions({ bindings: [] });
    await terminate({ ...fromCarol, route: ["<sip:term@scscf.a.example;lr>"] });
    expect(invites).toMatchObject([{ requestUri: bob, towards: "outside", trusted: true }]);
  });
});

describe("PF-08 PF-09 the media", () => {
  it("PF-08 pass us by when the operator says so, untouched", async () => {
    const { originate, invites, anchored, conversations } = await givenSessions({
      config: { mediaAnchor: "never" },
    });
    const answer = await originate(invitation);
    expect(anchored).toEqual([]);
    expect(invites[0]?.body).toEqual(invitation.body);
    expect(descriptionIn(answer)).toBe(sdp(["a=answer-of:b1"]));
    expect((await conversations.of("v1"))?.anchor).toBeUndefined();
  });

  it.each([
    ["an offer that a middlebox has changed", [], 488],
    ["the same under cema", ["a=msrp-cema"], 200],
  ])("PF-09 %s, where we do not anchor", async (_, lines, status) => {
    const body = sdpBody(sdp(lines, { path: "msrp://10.0.0.1:2855/a;tcp" }));
    const { originate } = await givenSessions({ config: { mediaAnchor: "never" } });
    const answer = await originate({ ...invitation, body });
    expect(answer.kind === "refused" ? answer.status : 200).toBe(status);
    const anchoring = await givenSessions();
    expect(await anchoring.originate({ ...invitation, body })).toMatchObject({ kind: "accepted" });
  });

  it("PF-09 an answer that a middlebox has changed leads to one more offer, and then to the caller's answer", async () => {
    const again = sdpBody(sdp(["a=second"]));
    const { originate, requests, translated, conversations, invites } = await givenSessions({
      translations: ["offer-again", "translated"],
      inDialog: [{ status: 200, body: again }],
    });
    const answer = await originate(invitation);
    expect(requests).toMatchObject([{ leg: invites[0]?.leg, method: "INVITE" }]);
    expect(text(requests[0]?.body?.content ?? new Uint8Array())).toBe("offer-again answer by tcp");
    expect(translated[1]).toMatchObject({ what: "answer", description: sdp(["a=second"]) });
    expect(descriptionIn(answer)).toBe("translated answer by tcp");
    expect((await conversations.of("v1"))?.descriptions.callee).toEqual(again.content);
  });

  it.each([
    [
      "again and again",
      { translations: ["offer-again" as const], inDialog: [{ status: 200, body: sdpBody() }] },
    ],
    [
      "with a refusal of the second offer",
      { translations: ["offer-again" as const], inDialog: [{ status: 488 }] },
    ],
    ["with no description", { answers200: { b1: { type: "text/plain", content: octets("hi") } } }],
    ["with what the relay cannot use", { translations: [{ status: 488, reason: "no common type" }] }],
  ])("GEN-17 who answers %s hears BYE, and the caller 488", async (_, situation) => {
    const { originate, ends, invites, closedSessions, conversations } = await givenSessions(situation);
    expect(await originate(invitation)).toMatchObject({ kind: "refused", status: 488 });
    expect(ends).toEqual([{ leg: invites[0]?.leg, reason: 'SIP;cause=488;text="Not Acceptable Here"' }]);
    expect(closedSessions).toEqual(["s-v1-1"]);
    expect(await conversations.of("v1")).toBeUndefined();
  });

  it.each([
    ["is down", "down" as const, 503],
    ["finds nothing to carry", { status: 488, reason: "No usable media" }, 488],
  ])("a relay that %s", async (_, relay, status) => {
    const { originate, invites } = await givenSessions({ relay });
    expect(await originate(invitation)).toMatchObject({ kind: "refused", status });
    expect(invites).toEqual([]);
  });

  it("a relay that is gone by the time of the answer is a 503, and BYE to the callee", async () => {
    const { originate, ends, invites } = await givenSessions({ translations: ["gone"] });
    expect(await originate(invitation)).toMatchObject({ status: 503 });
    expect(ends).toEqual([{ leg: invites[0]?.leg, reason: 'SIP;cause=503;text="Service Unavailable"' }]);
  });
});

describe("PF-12 PF-33 how many", () => {
  it("PF-12 a caller with too many sessions hears 403, a callee's caller 486", async () => {
    const { originate, conversations } = await givenSessions({
      config: { sessionLimits: { ...limits, maxSessions: 1 } },
    });
    expect(await originate(invitation)).toMatchObject({ kind: "accepted" });
    expect(await originate({ ...invitation, id: "v2" })).toMatchObject({
      status: 403,
      warning: { text: "Function not allowed" },
    });
    const first = await conversations.close("v1");
    if (!first) throw new Error("no conversation");
    await conversations.open({ ...first, callerAor: carol }, 60_000, 9);
    expect(await originate({ ...invitation, id: "v3" })).toMatchObject({ status: 486 });
  });

  it("PF-12 what rings counts as well, for both", async () => {
    const config = { sessionLimits: { ...limits, maxSessions: 1 } };
    const { originate, terminate } = await givenSessions({ config, rings: { b1: "rings" } });
    void originate(invitation);
    await settle();
    expect(await originate({ ...invitation, id: "v2" })).toMatchObject({ status: 403 });
    expect(await terminate({ ...fromCarol, id: "v3" })).toMatchObject({ status: 486 });
  });

  it("PF-33 a caller who is too fast is told when to come again", async () => {
    const { originate } = await givenSessions({ config: { sessionsPerWindow: 1 } });
    await originate(invitation);
    expect(await originate({ ...invitation, id: "v2" })).toMatchObject({ status: 503, retryAfterS: 10 });
  });

  it("PF-33 another network's user is counted as well, our own is not counted twice", async () => {
    const { terminate } = await givenSessions({ config: { sessionsPerWindow: 1 } });
    await terminate(fromCarol);
    expect(await terminate({ ...fromCarol, id: "v2" })).toMatchObject({ status: 503 });
    for (const id of ["v3", "v4"])
      expect(await terminate({ ...invitation, id })).toMatchObject({ kind: "accepted" });
  });
});

describe("PF-11 GEN-17 a session ends", () => {
  const reason = 'SIP;cause=200;text="Call completed"';

  it("by BYE first: the relay lets go when the BYE is answered, or the end whose connection closes calls it lost", async () => {
    const order: string[] = [];
    const conversation = { id: "v1", caller: { leg: "a" }, callee: { leg: "b" }, anchor: undefined };
    const end = endConversation({
      conversations: { close: async () => conversation as never },
      legs: {
        end: async ({ leg }: { leg: string }) => {
          await Promise.resolve();
          order.push(`BYE to ${leg}`);
        },
      } as never,
      media: { close: async () => void order.push("relay") } as never,
      events: { ended: () => undefined },
    });
    await end("v1", { over: "b", reason: undefined, why: "left" });
    expect(order).toEqual(["BYE to a", "relay"]);
  });

  it.each([
    ["the caller's", "leg-alice"],
    ["the callee's", undefined],
  ])(
    "with a BYE to the other side than %s, with the same Reason, and the relay forgets it",
    async (_, left) => {
      const { originate, leave, invites, ends, closedSessions, conversations } = await givenSessions();
      await originate(invitation);
      const callee = invites[0]?.leg ?? "";
      const leg = left ?? callee;
      await leave({ conversation: "v1", leg, reason });
      expect(ends).toEqual([{ leg: leg === callee ? "leg-alice" : callee, reason }]);
      expect(closedSessions).toEqual(["s-v1-1"]);
      expect(await conversations.of("v1")).toBeUndefined();
    },
  );

  it("on both sides where nobody is named, and only once", async () => {
    const { originate, leave, invites, ends } = await givenSessions();
    await originate(invitation);
    await Promise.all([leave({ conversation: "v1", reason }), leave({ conversation: "v1", reason })]);
    expect(ends).toEqual([
      { leg: "leg-alice", reason },
      { leg: invites[0]?.leg, reason },
    ]);
  });

  it("GEN-14 what is broken is a 500, and the session is ended where it was", async () => {
    const { originate, state, ends, invites } = await givenSessions();
    state.conversations.open = () => Promise.reject(new Error("no state"));
    expect(await originate(invitation)).toMatchObject({ status: 500, retryAfterS: 5 });
    expect(ends).toMatchObject([{ leg: invites[0]?.leg }]);
  });

  it("is counted", async () => {
    const { originate, leave, metrics } = await givenSessions();
    await originate(invitation);
    await leave({ conversation: "v1" });
    expect(metrics.text()).toContain(
      'heliograph_participating_sessions_established_total{purpose="session"} 1',
    );
    expect(metrics.text()).toContain('heliograph_participating_sessions_ended_total{why="left"} 1');
  });
});

describe("PF-20 PF-21 PF-22 PF-23 PF-24 PF-25 who is refused, and how", () => {
  const file = (size: number) => sdpBody(sdp([`a=file-selector:name:"a" size:${size}`]));
  const without = (...missing: string[]) => ({
    services: profileOf(bob, {
      services: ["pager", "session", "large-message", "file-transfer"],
    }).services.filter((service) => !missing.includes(service)),
  });

  it.each([
    [
      "a caller who is not ours",
      { profiles: { [alice]: "unknown-user" as const } },
      {},
      403,
      "Service not authorised",
    ],
    [
      "PF-20 a caller without sessions",
      { profiles: { [alice]: without("session") } },
      {},
      403,
      "Service not authorised",
    ],
    [
      "PF-20 a caller without files",
      { profiles: { [alice]: without("file-transfer") } },
      { body: file(1) },
      403,
      "Service not authorised",
    ],
    [
      "PF-20 a callee without sessions",
      { profiles: { [bob]: without("session") } },
      {},
      403,
      "Service not authorised",
    ],
    [
      "PF-24 a barred caller",
      { profiles: { [alice]: { isBarred: true } } },
      {},
      403,
      "Service not authorised",
    ],
    ["PF-24 a barred callee", { profiles: { [bob]: { isBarred: true } } }, {}, 403, undefined],
    [
      "PF-21 sessions switched off for the caller",
      { profiles: { [alice]: { ...without(), disabled: ["session"] } } },
      {},
      403,
      "Function not allowed",
    ],
    [
      "PF-21 sessions switched off for the callee",
      { profiles: { [bob]: { ...without(), disabled: ["session"] } } },
      {},
      403,
      "Function not allowed",
    ],
    ["PF-23 a file that is announced as too large", {}, { body: file(5 * 1024 ** 3) }, 403, "Size exceeded"],
    ["PF-24 an unknown callee", { profiles: { [bob]: "unknown-user" as const } }, {}, 404, undefined],
    ["PF-24 a callee who is away", { bindings: [] }, {}, 480, undefined],
    [
      "PF-25 an anonymous caller",
      { profiles: { [bob]: { ...without(), allowsAnonymous: false } } },
      { privacy: ["id"] },
      403,
      "Anonymity not allowed",
    ],
    [
      "an offer without messages",
      {},
      { body: sdpBody("v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nm=audio 1 RTP/AVP 0\r\n") },
      488,
      "Media type not available",
    ],
    ["an offer that cannot be read", {}, { body: sdpBody("nonsense") }, 400, undefined],
    ["a body of another type", {}, { body: { type: "text/plain", content: octets("hi") } }, 415, undefined],
    [
      "a multipart body that cannot be read",
      {},
      { body: { type: "multipart/mixed;boundary=b", content: octets("x") } },
      400,
      undefined,
    ],
  ])("%s", async (_, situation, call, status, warning) => {
    const { originate, invites } = await givenSessions(situation);
    const answer = await originate({ ...invitation, ...call });
    expect(answer).toMatchObject({ kind: "refused", status });
    expect(answer.kind === "refused" ? answer.warning?.text : "").toBe(warning);
    expect(invites).toEqual([]);
  });

  it("PF-22 a refused client", async () => {
    const { originate } = await givenSessions({
      config: { sessionLimits: { ...limits, refusedClients: ["Old"] } },
    });
    expect(await originate({ ...invitation, headers: [["User-Agent", "Old/1"]] })).toMatchObject({
      status: 403,
      warning: { code: "132" },
    });
  });

  it("PF-20 a file next to a chat needs both services", async () => {
    const both = `${sdp()}m=message 2855 TCP/MSRP *\r\na=path:msrp://192.0.2.9:2855/b;tcp\r\na=accept-types:*\r\na=file-selector:size:1\r\n`;
    for (const missing of ["session", "file-transfer"]) {
      const { originate } = await givenSessions({ profiles: { [bob]: without(missing) } });
      expect(await originate({ ...invitation, body: sdpBody(both) })).toMatchObject({ status: 403 });
    }
  });
});
