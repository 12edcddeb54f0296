import { describe, expect, it } from "@jest/globals";
import { sipCore } from "@heliograph/contracts";
import { alice, answered, asking, binding, bob, carol, cpim, given, hello, settle, text } from "./given.js";

const accepted = (status: 200 | 202) => ({ kind: "accepted", status });
const refused = (status: number, code?: string) => ({
  kind: "refused",
  status,
  ...(code && { warning: { code } }),
});

describe("PF-05 PF-40 flow 4.1: a message between two users of ours", () => {
  it("PF-54 reaches the device as it is, and is answered 200", async () => {
    const { originate, legs, stores } = await given();
    expect(await originate(hello)).toEqual(accepted(200));
    expect(legs).toEqual([
      {
        message: hello,
        requestUri: "sip:b1@192.0.2.1:5060",
        route: [],
        flowId: "flow-b1",
        trusted: false,
        timeoutMs: 8000,
      },
    ]);
    expect(stores).toEqual([]);
  });

  it("PF-01 PF-13 reaches every device of the recipient; the first 2xx answers while the others go on", async () => {
    const { originate, legs } = await given({
      bindings: [binding("b1"), binding("b2")],
      answers: { b1: ["never"] },
    });
    expect(await originate(hello)).toEqual(accepted(200));
    expect(legs.map(({ requestUri }) => requestUri)).toEqual([
      "sip:b1@192.0.2.1:5060",
      "sip:b2@192.0.2.1:5060",
    ]);
  });

  it("PF-15 PF-46 keeps body and headers octet for octet, plain text plain", async () => {
    const headers: [string, string][] = [
      ["Subject", "=?x"],
      ["Contribution-ID", "abc"],
      ["Conversation-ID", "d"],
      ["X-Unknown", "1,2"],
    ];
    const message = { ...hello, headers, body: Uint8Array.of(0, 255, 13, 10) };
    const { originate, legs } = await given();
    await originate(message);
    expect(legs[0]?.message).toEqual(message);
  });

  it("GEN-30 takes the flows of one device in turn, the most recent first, and a dead one costs a share of the budget", async () => {
    const instance = "<urn:uuid:1>";
    const { originate, legs, clock } = await given({
      bindings: [
        binding("old", { instance, registeredAtMs: 1 }),
        binding("new", { instance, registeredAtMs: 2 }),
      ],
      answers: { new: ["never"] },
    });
    const answer = originate(hello);
    await settle();
    expect(legs).toHaveLength(1);
    clock.advance(4000);
    expect(await answer).toEqual(accepted(200));
    expect(legs.map(({ requestUri, timeoutMs }) => [requestUri, timeoutMs])).toEqual([
      ["sip:new@192.0.2.1:5060", 4000],
      ["sip:old@192.0.2.1:5060", 4000],
    ]);
  });

  it("GEN-30 does not try the next flow after a final answer that settles the device", async () => {
    const instance = "<urn:uuid:1>";
    const { originate, legs } = await given({
      bindings: [
        binding("old", { instance, registeredAtMs: 1 }),
        binding("new", { instance, registeredAtMs: 2 }),
      ],
      answers: { new: [answered(486)] },
    });
    expect(await originate(hello)).toEqual(accepted(202));
    expect(legs).toHaveLength(1);
  });

  it("goes to a user of a trusted core by the core, under the address of record", async () => {
    const core = binding("core", {
      kind: "core",
      contact: "sip:scscf.a.example",
      flowId: undefined as never,
    });
    delete (core as { flowId?: string }).flowId;
    const { originate, legs } = await given({ bindings: [core] });
    await originate(hello);
    expect(legs[0]).toMatchObject({ requestUri: bob, route: ["<sip:scscf.a.example;lr>"], trusted: true });
  });
});

describe("PF-20 PF-21 PF-22 PF-24 the sender and the recipient must be entitled", () => {
  it.each([
    ["PF-20 a sender without the service", { [alice]: { services: [] } }, refused(403, "127")],
    ["PF-20 a sender whom nobody knows", { [alice]: "unknown-user" as const }, refused(403, "127")],
    ["PF-24 a barred sender", { [alice]: { isBarred: true } }, refused(403, "127")],
    ["PF-21 a sender with messages switched off", { [alice]: { disabled: ["pager"] } }, refused(403, "122")],
    ["PF-20 a recipient without the service", { [bob]: { services: [] } }, refused(403, "127")],
    ["PF-24 a barred recipient", { [bob]: { isBarred: true } }, refused(403)],
    ["PF-21 a recipient with messages switched off", { [bob]: { disabled: ["pager"] } }, refused(403, "122")],
    ["PF-24 a recipient whom nobody knows", { [bob]: "unknown-user" as const }, refused(404)],
  ])("GEN-18 refuses %s", async (_, profiles, expected) => {
    const { originate, legs, stores } = await given({ profiles });
    expect(await originate(hello)).toMatchObject(expected);
    expect([...legs, ...stores]).toEqual([]);
  });

  it("PF-25 refuses an anonymous sender where the recipient wants none", async () => {
    const { originate } = await given({ profiles: { [bob]: { allowsAnonymous: false } } });
    expect(await originate({ ...hello, privacy: ["id"] })).toMatchObject(refused(403, "119"));
    const from = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1';
    expect(await originate({ ...hello, callId: "c2", from })).toMatchObject(refused(403, "119"));
    expect(await originate({ ...hello, callId: "c3", privacy: ["none"] })).toEqual(accepted(200));
  });

  it("PF-22 refuses a client version that the operator has shut out", async () => {
    const limits = {
      maxBytes: 65_535,
      maxUdpBytes: 1300,
      contentTypes: ["*/*"],
      refusedClients: ["IM-client/OMA0"],
    };
    const { originate } = await given({ config: { limits } });
    expect(await originate({ ...hello, headers: [["User-Agent", "IM-client/OMA0.9 x"]] })).toMatchObject(
      refused(403, "132"),
    );
  });
});

describe("PF-23 CL-10 size", () => {
  it("over UDP 1300 bytes pass, 1301 get 513 with 133 Size exceeded and the way out", async () => {
    const { originate } = await given();
    expect(await originate({ ...hello, transport: "udp", sizeBytes: 1300 })).toEqual(accepted(200));
    expect(await originate({ ...hello, callId: "c2", transport: "udp", sizeBytes: 1301 })).toMatchObject({
      ...refused(513, "133"),
      reason:
        "The message is too large for UDP: send it over TCP, TLS or WebSocket (1301 bytes, the limit is 1300)",
    });
  });

  it("over a transport with congestion control the larger limit holds", async () => {
    const { originate } = await given();
    expect(await originate({ ...hello, transport: "tcp", sizeBytes: 65_535 })).toEqual(accepted(200));
    expect(await originate({ ...hello, callId: "c2", transport: "tcp", sizeBytes: 65_536 })).toMatchObject(
      refused(513, "133"),
    );
  });
});

describe("PF-14 content types", () => {
  const limits = {
    maxBytes: 65_535,
    maxUdpBytes: 1300,
    contentTypes: ["message/cpim", "image/*"],
    refusedClients: [],
  };

  it.each([
    ["text/html", true],
    ["TEXT/Plain; charset=UTF-8", true],
    ["image/png", true],
    ["application/x-evil", false],
  ])("%s passes: %s", async (contentType, passes) => {
    const { originate } = await given({ config: { limits } });
    const expected = passes
      ? accepted(200)
      : { ...refused(415), headers: [["Accept", "text/*, message/cpim, image/*"]] };
    expect(await originate({ ...hello, contentType })).toMatchObject(expected);
  });

  it("looks inside CPIM, too", async () => {
    const { originate } = await given({ config: { limits } });
    const body = cpim([], "x", ["Content-Type: application/x-evil"]);
    expect(await originate({ ...hello, contentType: "message/cpim", body })).toMatchObject(refused(415));
  });

  it("GEN-04 a malformed CPIM is a 400 that says what is wrong", async () => {
    const { originate } = await given();
    const body = new TextEncoder().encode("no colon\r\n\r\n");
    expect(await originate({ ...hello, contentType: "message/cpim", body })).toMatchObject({
      ...refused(400),
      reason: "The message/cpim body is malformed (header name, octet 0)",
    });
  });
});

describe("PF-33 PF-12 how much one user may send", () => {
  it("PF-33 answers 503 with Retry-After above the rate", async () => {
    const { originate, clock } = await given({ config: { ratePerWindow: 2, rateWindowMs: 10_000 } });
    for (const callId of ["a", "b"]) expect(await originate({ ...hello, callId })).toEqual(accepted(200));
    expect(await originate({ ...hello, callId: "c" })).toMatchObject({
      ...refused(503),
      retryAfterS: expect.any(Number),
    });
    clock.advance(20_000);
    expect(await originate({ ...hello, callId: "c" })).toEqual(accepted(200));
  });

  it("PF-12 bounds what is under way: 403 with 122 for the sender, 486 towards a recipient", async () => {
    const { originate, terminate } = await given({ config: { maxPending: 1 }, answers: { b1: ["never"] } });
    void originate(hello);
    await settle();
    expect(await originate({ ...hello, callId: "c2" })).toMatchObject(refused(403, "122"));
    const fromCarol = {
      ...hello,
      callId: "c3",
      sender: { kind: "claimed" as const, aor: carol, asserted: [] },
    };
    expect(await terminate(fromCarol)).toMatchObject(refused(486));
  });
});

describe("PF-05 SC-08 a recipient elsewhere", () => {
  const toCarol = { ...hello, requestUri: carol, recipient: carol, to: `<${carol}>` };

  it.each([200, 202] as const)("passes %i of the next network on", async (status) => {
    const { originate, forwards } = await given({ forwarded: answered(status) });
    expect(await originate(toCarol)).toEqual(accepted(status));
    expect(forwards).toEqual([
      { message: toCarol, requestUri: carol, route: [], trusted: false, timeoutMs: 25_000 },
    ]);
  });

  it.each([
    [404, 404],
    [480, 480],
    [486, 486],
    [500, 480],
    [603, 403],
  ])("PF-43 makes %i a %i and stores nothing", async (status, expected) => {
    const { originate, stores } = await given({ forwarded: answered(status) });
    expect(await originate(toCarol)).toMatchObject(refused(expected));
    expect(stores).toEqual([]);
  });

  it("PF-40 answers 480 well before the sender's timer F when the next network is silent", async () => {
    const { originate, clock } = await given({ forwarded: "never" });
    const answer = originate(toCarol);
    await settle();
    clock.advance(25_000);
    expect(await answer).toMatchObject(refused(480));
  });

  it("follows the route that a trusted core named, even to a user of ours", async () => {
    const { originate, forwards, legs } = await given();
    const message = { ...hello, route: ["<sip:orig@scscf.a.example;lr>"] };
    expect(await originate(message)).toEqual(accepted(200));
    expect(forwards).toMatchObject([{ requestUri: bob, route: message.route, trusted: true }]);
    expect(legs).toEqual([]);
  });
});

describe("GEN-19 a repeated message", () => {
  it("gets the answer of the first, and no second copy", async () => {
    const { originate, legs } = await given();
    expect(await originate(hello)).toEqual(accepted(200));
    expect(await originate({ ...hello, id: "m2" })).toEqual(accepted(200));
    expect(legs).toHaveLength(1);
  });

  it("is not one whose From tag is another: a client that counts from the start again loses nothing", async () => {
    const { originate, legs } = await given();
    await originate(hello);
    expect(await originate({ ...hello, id: "m2", from: `<${alice}>;tag=f2` })).toEqual(accepted(200));
    expect(legs).toHaveLength(2);
  });

  it("is known by its Message-ID for 24 h, whatever its Call-ID", async () => {
    const { originate, stores, clock } = await given({ bindings: [] });
    expect(await originate(asking(""))).toEqual(accepted(202));
    clock.advance(23 * 3_600_000);
    expect(await originate({ ...asking(""), callId: "other" })).toEqual(accepted(202));
    expect(stores).toHaveLength(1);
    clock.advance(2 * 3_600_000);
    await originate({ ...asking(""), callId: "another" });
    expect(stores).toHaveLength(2);
  });

  it("waits for the first while that is under way, and shares its outcome", async () => {
    const { originate, legs, clock } = await given({ answers: { b1: ["never"] } });
    const both = Promise.all([originate(hello), originate({ ...hello, id: "m2" })]);
    await settle();
    clock.advance(8000);
    expect(await both).toEqual([accepted(202), accepted(202)]);
    expect(legs).toHaveLength(1);
  });

  it("a refused attempt is forgotten: the retry is a new one", async () => {
    const { originate, legs } = await given({ answers: { b1: [answered(403), answered(200)] } });
    expect(await originate(hello)).toMatchObject(refused(403));
    expect(await originate(hello)).toEqual(accepted(200));
    expect(legs).toHaveLength(2);
  });

  it("the same Message-ID for somebody else, or from somebody else, is another message", async () => {
    const { originate, terminate, legs, forwards } = await given();
    await originate(asking(""));
    await originate({ ...asking(""), recipient: carol, requestUri: carol });
    await terminate({ ...asking(""), sender: { kind: "claimed", aor: carol, asserted: [] } });
    expect([legs.length, forwards.length]).toEqual([2, 1]);
  });

  it("inherits what another process makes of it, and takes over when that process gives up", async () => {
    const first = await given({ answers: { b1: ["never"] } });
    const second = await given({ state: first.state, clock: first.clock });
    void first.originate(hello);
    await settle();
    const inherited = second.originate(hello);
    await settle();
    first.clock.advance(8000);
    await settle();
    first.clock.advance(250);
    expect(await inherited).toEqual(accepted(202));
    expect(second.legs).toEqual([]);
  });

  it("482 when the other process does not come to an end", async () => {
    const { originate, state, clock } = await given();
    await state.recentMessages.claim(`o ${alice} ${bob} c f1 1 c1`, 60_000);
    const answer = originate(hello);
    for (let i = 0; i < 80; i += 1) {
      await settle();
      clock.advance(250);
    }
    expect(await answer).toMatchObject(refused(482));
  });
});

describe("what is broken below us", () => {
  it("GEN-14 is a 500 with Retry-After, and never a false 2xx", async () => {
    const { originate, state } = await given();
    state.registrations.reachabilityOf = () => Promise.reject(new Error("Redis is gone"));
    expect(await originate(hello)).toMatchObject({ ...refused(500), retryAfterS: 5 });
  });

  it("is a 500 when the store fails, and the retry is stored", async () => {
    const broken = await given({ bindings: [], stored: "down" });
    expect(await broken.originate(hello)).toMatchObject(refused(500));
    const again = await given({ bindings: [], state: broken.state, clock: broken.clock });
    expect(await again.originate(hello)).toEqual(accepted(202));
  });

  it("an edge node that died is an unreachable device", async () => {
    const { originate, stores } = await given({ answers: { b1: ["dead node"] } });
    expect(await originate(hello)).toEqual(accepted(202));
    expect(stores).toMatchObject([{ cause: "unreachable" }]);
  });

  it("an edge that never answers costs the budget and half a second", async () => {
    const hanging = binding("b1", { node: "e2" });
    const { originate, bus, clock } = await given({ bindings: [hanging] });
    const { sipEdge } = await import("@heliograph/contracts");
    await bus.serve(sipEdge.sendPagerMessage, { node: "e2" }, () => new Promise(() => undefined));
    const answer = originate(hello);
    await settle();
    clock.advance(8500);
    expect(await answer).toEqual(accepted(202));
  });
});

describe("profiles", () => {
  it("are asked for once a minute, and again when something changed", async () => {
    const { originate, lookUps, bus, clock } = await given();
    for (const callId of ["a", "b"]) await originate({ ...hello, callId });
    expect(lookUps).toEqual([alice, bob]);
    await bus.publish(sipCore.subscriberChanged, {}, { aor: bob });
    await settle();
    await originate({ ...hello, callId: "c" });
    expect(lookUps).toEqual([alice, bob, bob]);
    clock.advance(61_000);
    await originate({ ...hello, callId: "d" });
    expect(lookUps).toHaveLength(5);
  });
});

describe("415 and simpler forms", () => {
  const picky = { b1: [answered(415, [["Accept", "text/plain"]]), answered(200)] };

  it("PF-46 a device that does not take CPIM gets the text inside, where that loses nothing", async () => {
    const { originate, legs } = await given({ answers: picky });
    expect(await originate(asking("negative-delivery"))).toEqual(accepted(200));
    expect(legs[1]?.message).toMatchObject({ contentType: "text/plain", cseq: 2, callId: "c1" });
    expect(text(legs[1]?.message.body ?? new Uint8Array())).toBe("hello");
  });

  it.each(["positive-delivery", "display"])(
    "PF-43 but not when the sender asked for %s: 415 with what is taken",
    async (asked) => {
      const { originate, legs } = await given({ answers: picky });
      expect(await originate(asking(asked))).toMatchObject({
        ...refused(415),
        headers: [["Accept", "text/plain"]],
      });
      expect(legs).toHaveLength(1);
    },
  );
});
