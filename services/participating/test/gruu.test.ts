import { describe, expect, it } from "@jest/globals";
import { answered, binding, bob, carol, given, hello, settle } from "./given.js";

const [phone, laptop] = ["<urn:uuid:AA>", "<urn:uuid:bb>"];
const twoDevices = [binding("b1", { instance: phone }), binding("b2", { instance: laptop }), binding("b3")];
const temporary = "sip:tgruu.x@a.example";
const publicOf = (urn: string) => ({ ...hello, requestUri: `${bob};gr=${urn}` });
const toTemporary = { ...hello, requestUri: `${temporary};gr`, recipient: temporary };
const situation = { bindings: twoDevices, gruus: { [temporary]: laptop } };
const stranger = { sender: { kind: "claimed" as const, aor: carol, asserted: [] }, from: `<${carol}>;tag=c` };

describe("SC-14 RFC 5627 §6.1 a message to a GRUU", () => {
  it.each([
    ["a public one", publicOf("urn:uuid:aa"), "b1"],
    ["a public one with escapes", publicOf("urn%3Auuid%3Abb"), "b2"],
    ["a temporary one", toTemporary, "b2"],
  ])("reaches the device that %s names, and no other", async (_, message, user) => {
    const { originate, terminate, legs } = await given(situation);
    expect(await originate(message)).toEqual({ kind: "accepted", status: 200 });
    expect(legs.map(({ requestUri }) => requestUri)).toEqual([`sip:${user}@192.0.2.1:5060`]);
    expect(legs[0]?.message.recipient).toBe(bob);
    expect(await terminate({ ...message, ...stranger })).toEqual({ kind: "accepted", status: 200 });
    expect(legs.map(({ requestUri }) => requestUri)).toEqual([
      `sip:${user}@192.0.2.1:5060`,
      `sip:${user}@192.0.2.1:5060`,
    ]);
  });

  it("is 480 while that device has no contact, and is not kept for others", async () => {
    const { originate, stores } = await given({
      ...situation,
      bindings: [binding("b1", { instance: phone })],
    });
    for (const message of [publicOf("urn:uuid:bb"), publicOf("urn:uuid:zz"), toTemporary])
      expect(await originate({ ...message, callId: message.requestUri })).toMatchObject({ status: 480 });
    expect(stores).toEqual([]);
  });

  it("is 480 when that device does not answer", async () => {
    const { originate, stores } = await given({ ...situation, answers: { b2: [answered(480)] } });
    expect(await originate(toTemporary)).toMatchObject({ kind: "refused", status: 480 });
    expect(stores).toEqual([]);
  });

  it("R-participating-24 waits for the user behind what waits already", async () => {
    const { originate, stores, clock } = await given({ ...situation, isQueued: true });
    const answer = originate(toTemporary);
    await settle();
    clock.advance(4_000);
    expect(await answer).toEqual({ kind: "accepted", status: 202 });
    expect(stores).toMatchObject([{ owner: bob, cause: "queue-order", message: { recipient: bob } }]);
  });

  it("a core that registered the user is left to find the device", async () => {
    const bindings = [binding("core", { kind: "core" }), binding("b1", { instance: phone })];
    const { originate, legs } = await given({ ...situation, bindings });
    expect(await originate(publicOf("urn:uuid:bb"))).toEqual({ kind: "accepted", status: 200 });
    expect(legs).toHaveLength(1);
    expect(legs[0]?.requestUri).toBe(`${bob};gr=urn:uuid:bb`);
  });

  it("leaves an address without gr, and one whose gr says nothing, to all devices", async () => {
    const { originate, legs } = await given(situation);
    await originate(hello);
    await originate({ ...hello, callId: "other", requestUri: `${bob};gr` });
    expect(legs).toHaveLength(6);
  });
});
