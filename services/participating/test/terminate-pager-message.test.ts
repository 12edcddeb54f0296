import { deflateSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import {
  answered,
  asking,
  binding,
  bob,
  carol,
  cpim,
  given,
  hello,
  type Outcome,
  settle,
  text,
} from "./given.js";

const accepted = (status: 200 | 202) => ({ kind: "accepted", status });
const fromCarol = {
  ...hello,
  sender: { kind: "claimed" as const, aor: carol, asserted: [] },
  from: `<${carol}>;tag=c`,
};

describe("PF-02 PF-24 a message from another network", () => {
  it("is delivered without asking who its sender is to us", async () => {
    const { terminate, legs, lookUps } = await given();
    expect(await terminate(fromCarol)).toEqual(accepted(200));
    expect(legs).toHaveLength(1);
    expect(lookUps).toEqual([bob]);
  });

  it.each(["unknown-user", "foreign-domain"] as const)(
    "PF-24 is a 404 for a recipient who is %s",
    async (kind) => {
      const { terminate } = await given({ profiles: { [bob]: kind } });
      expect(await terminate(fromCarol)).toMatchObject({ kind: "refused", status: 404 });
    },
  );

  it("PF-33 is rate limited by its sender; what a core hands back of our own users is not counted twice", async () => {
    const { terminate } = await given({ config: { ratePerWindow: 1 } });
    await terminate(fromCarol);
    expect(await terminate({ ...fromCarol, callId: "c2" })).toMatchObject({ status: 503 });
    for (const callId of ["c3", "c4"]) expect(await terminate({ ...hello, callId })).toEqual(accepted(200));
  });

  it("PF-02 both halves may see the same request when a core stands between them", async () => {
    const { originate, terminate, forwards, legs } = await given();
    await originate({ ...hello, route: ["<sip:scscf.a.example;lr>"] });
    expect(await terminate(hello)).toEqual(accepted(200));
    expect([forwards.length, legs.length]).toEqual([1, 1]);
  });
});

describe("DF-02 flow 4.5: a message that cannot be delivered now", () => {
  it.each<[string, string, Parameters<typeof given>[0]]>([
    ["no device is registered", "offline", { bindings: [] }],
    ["the user wants messages kept", "preference", { profiles: { [bob]: { whenOnline: "store" } } }],
    ["the device answers 480", "unreachable", { answers: { b1: [answered(480)] } }],
    ["the device answers 408", "unreachable", { answers: { b1: [answered(408)] } }],
    ["the device answers 503", "unreachable", { answers: { b1: [answered(503)] } }],
    ["the device is busy", "unreachable", { answers: { b1: [answered(486)] } }],
    [
      "the flow is gone",
      "unreachable",
      { answers: { b1: [{ kind: "unreachable", reason: "flow closed" }] } },
    ],
  ])("PF-54 waits when %s (%s), and its sender gets 202", async (_, cause, situation) => {
    const { terminate, stores } = await given(situation);
    expect(await terminate(fromCarol)).toEqual(accepted(202));
    expect(stores).toEqual([{ message: fromCarol, owner: bob, cause }]);
  });

  it("PF-40 waits when the device is silent for the delivery budget, and not longer", async () => {
    const { terminate, stores, clock } = await given({ answers: { b1: ["never"] } });
    const answer = terminate(fromCarol);
    await settle();
    clock.advance(7999);
    expect(stores).toEqual([]);
    clock.advance(1);
    expect(await answer).toEqual(accepted(202));
  });

  it.each<[string, Outcome[], number]>([
    ["DF-10 offline", [], 480],
    ["PF-43 unreachable", [answered(480)], 480],
    ["PF-43 busy", [answered(486)], 486],
    ["PF-43 busy everywhere", [answered(600)], 486],
  ])("DF-10 %s: refused instead when the user keeps no messages", async (_, answers, status) => {
    const bindings = answers.length === 0 ? [] : [binding("b1")];
    const { terminate, stores } = await given({
      bindings,
      answers: { b1: answers },
      profiles: { [bob]: { whenOffline: "refuse" } },
    });
    expect(await terminate(fromCarol)).toMatchObject({ kind: "refused", status });
    expect(stores).toEqual([]);
  });

  it.each(["quota-messages", "quota-bytes", "expired"] as const)(
    "DF-09 %s of the store is a 480 that says so",
    async (reason) => {
      const { terminate } = await given({ bindings: [], stored: { kind: "refused", reason } });
      expect(await terminate(fromCarol)).toMatchObject({ kind: "refused", status: 480 });
    },
  );

  it("PF-43 a device that refuses for good ends it: nothing is stored", async () => {
    const { terminate, stores } = await given({ answers: { b1: [answered(603)] } });
    expect(await terminate(fromCarol)).toMatchObject({ kind: "refused", status: 403 });
    expect(stores).toEqual([]);
  });

  it("flow 4.20 a composition status is never stored: 480, and live past a queue", async () => {
    const composing = { ...fromCarol, contentType: "application/im-iscomposing+xml" };
    const offline = await given({ bindings: [] });
    expect(await offline.terminate(composing)).toMatchObject({ kind: "refused", status: 480 });
    expect(offline.stores).toEqual([]);
    const queued = await given({ isQueued: true });
    expect(await queued.terminate(composing)).toEqual(accepted(200));
  });
});

describe("PF-02 a core's terminating trigger with a route", () => {
  const routed = { ...fromCarol, route: ["<sip:term@scscf.a.example;lr>"] };

  it("goes along that route, whatever is registered here", async () => {
    const { terminate, forwards, legs } = await given({ bindings: [] });
    expect(await terminate(routed)).toEqual(accepted(200));
    expect(forwards).toMatchObject([
      { requestUri: bob, route: routed.route, trusted: true, timeoutMs: 8000 },
    ]);
    expect(legs).toEqual([]);
  });

  it.each<[string, Outcome]>([
    ["480", answered(480)],
    ["408", answered(408)],
    ["404 of the edge's way", { kind: "unreachable", reason: "no address" }],
    ["silence", { kind: "silent" }],
  ])("DF-02 %s from there defers the message", async (_, forwarded) => {
    const { terminate, stores } = await given({ forwarded });
    expect(await terminate(routed)).toEqual(accepted(202));
    expect(stores).toMatchObject([{ cause: "unreachable" }]);
  });
});

describe("PF-44 PF-57 DF-12 flow 4.18: a sender who asks to be told", () => {
  it("PF-44 DF-12 gets 202, and nothing from here: the store owes <stored/> in the transaction that stores", async () => {
    const { originate, service, stores, legs, forwards } = await given({ bindings: [] });
    expect(await originate(asking("processing, positive-delivery"))).toEqual(accepted(202));
    await service.stop();
    expect(stores).toHaveLength(1);
    expect([...legs, ...forwards]).toEqual([]);
  });
});

describe("PF-45 DF-45 staying on the way of notifications", () => {
  it("PF-45 is recorded in a stored message that asks for negative-delivery, and in no other", async () => {
    const { originate, stores } = await given({ bindings: [] });
    await originate(asking("negative-delivery", "M1"));
    await originate(asking("display", "M2"));
    const [first, second] = stores.map(({ message }) => text(message.body));
    expect(first).toContain("imdn.IMDN-Record-Route: <sip:imdn@a.example>\r\n");
    expect(first?.replace("imdn.IMDN-Record-Route: <sip:imdn@a.example>\r\n", "")).toBe(
      text(asking("negative-delivery").body),
    );
    expect(second).toBe(text(asking("display", "M2").body));
  });

  it("DF-45 leaves a signed message alone", async () => {
    const { originate, stores } = await given({ bindings: [] });
    const headers = ["imdn.Message-ID: M1", "imdn.Disposition-Notification: negative-delivery"];
    const body = cpim(headers, "--x", ["Content-Type: multipart/signed; boundary=x"]);
    await originate({ ...hello, contentType: "message/cpim", body });
    expect(stores[0]?.message.body).toEqual(body);
  });

  it("reads CPIM under deflate, and stores the edited one without the encoding", async () => {
    const { originate, stores } = await given({ bindings: [] });
    const plain = asking("negative-delivery");
    await originate({
      ...plain,
      headers: [["Content-Encoding", "deflate"]],
      body: new Uint8Array(deflateSync(plain.body)),
    });
    expect(stores[0]?.message.headers).toEqual([]);
    expect(text(stores[0]?.message.body ?? new Uint8Array())).toContain("IMDN-Record-Route");
  });

  it.each([
    ["a bomb", new Uint8Array(deflateSync(new Uint8Array(1_000_000))), 413],
    ["rubbish", new Uint8Array([1, 2, 3]), 400],
  ])("%s under deflate is refused", async (_, body, status) => {
    const { originate } = await given();
    const message = {
      ...hello,
      contentType: "message/cpim",
      headers: [["Content-Encoding", "deflate"] as [string, string]],
      body,
    };
    expect(await originate(message)).toMatchObject({ kind: "refused", status });
  });

  it("a coding that we cannot read passes unread", async () => {
    const { originate, legs } = await given();
    await originate({
      ...hello,
      contentType: "message/cpim",
      headers: [["Content-Encoding", "br"]],
      body: new Uint8Array([1, 2, 3]),
    });
    expect(legs[0]?.message.body).toEqual(new Uint8Array([1, 2, 3]));
  });
});
