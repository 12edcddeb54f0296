import { describe, expect, it } from "@jest/globals";
import { alice, answered, asking, binding, bob, given, hello, settle } from "./given.js";

describe("DF-34 DF-35 pushing a stored message", () => {
  it("is delivered when a device takes it, past the queue that it stands in", async () => {
    const { push, legs } = await given({ isQueued: true, bindings: [binding("b1"), binding("b2")] });
    expect(await push(hello)).toEqual({ kind: "delivered" });
    expect(legs).toHaveLength(2);
    expect(legs[0]?.message).toEqual(hello);
  });

  it.each<[string, Parameters<typeof given>[0], string]>([
    ["no device is registered", { bindings: [] }, "no device is registered"],
    [
      "every device is unreachable",
      { answers: { b1: [{ kind: "unreachable", reason: "flow closed" }] } },
      "flow closed",
    ],
    [
      "DF-36 somebody else has the address of the device by now",
      { answers: { b1: [answered(404)] } },
      "the device is gone",
    ],
    ["the device takes no MESSAGE", { answers: { b1: [answered(405)] } }, "405 reason 405"],
    ["the device asks for credentials", { answers: { b1: [answered(407)] } }, "407 reason 407"],
    ["the device is busy", { answers: { b1: [answered(486)] } }, "486 reason 486"],
    [
      "DF-02 the user wants messages kept",
      { profiles: { [bob]: { whenOnline: "store" } } },
      "the user wants messages kept",
    ],
  ])("stays in the store when %s", async (_, situation, reason) => {
    const { push } = await given(situation);
    expect(await push(hello)).toEqual({ kind: "unreachable", reason });
  });

  it.each<[string, Parameters<typeof given>[0], number]>([
    ["the recipient is gone", { profiles: { [bob]: "unknown-user" } }, 404],
    ["DF-35 the recipient was barred since", { profiles: { [bob]: { isBarred: true } } }, 403],
    ["DF-35 the sender was barred since", { profiles: { [alice]: { isBarred: true } } }, 403],
    ["DF-35 messages were switched off since", { profiles: { [bob]: { disabled: ["pager"] } } }, 403],
    ["PF-43 a device refuses it for good", { answers: { b1: [answered(603)] } }, 403],
    ["PF-43 no device takes its type", { answers: { b1: [answered(415)] } }, 415],
  ])("is given up when %s", async (_, situation, status) => {
    const { push } = await given(situation);
    expect(await push(hello)).toMatchObject({ kind: "refused", status });
  });

  it("DF-35 is given up when the recipient takes no anonymous messages any more", async () => {
    const { push } = await given({ profiles: { [bob]: { allowsAnonymous: false } } });
    expect(await push({ ...hello, privacy: ["id"] })).toMatchObject({ kind: "refused", status: 403 });
  });

  it("PF-55 is given up once it has expired; Expires counts from Date, or from reception", async () => {
    const { push, clock } = await given();
    const lasting = { ...hello, headers: [["Expires", "60"]] as [string, string][] };
    expect(await push(lasting)).toEqual({ kind: "delivered" });
    clock.advance(61_000);
    expect(await push(lasting)).toMatchObject({ kind: "refused", status: 480 });
    const dated: [string, string][] = [
      ["Expires", "60"],
      ["Date", new Date(clock.nowMs() - 30_000).toUTCString()],
    ];
    expect(await push({ ...hello, headers: dated })).toEqual({ kind: "delivered" });
  });

  it("PF-46 falls back to the text like a live message", async () => {
    const { push, legs } = await given({ answers: { b1: [answered(415), answered(200)] } });
    expect(await push(asking(""))).toEqual({ kind: "delivered" });
    expect(legs[1]?.message.contentType).toBe("text/plain");
  });

  it("DF-46 PF-56 has one message at a time open to one user", async () => {
    const { push, legs, clock } = await given({ answers: { b1: ["never", answered(200)] } });
    const both = [push(hello), push({ ...hello, callId: "c2" })];
    await settle();
    expect(legs).toHaveLength(1);
    clock.advance(8000);
    expect(await Promise.all(both)).toEqual([
      { kind: "unreachable", reason: "no answer in time" },
      { kind: "delivered" },
    ]);
  });

  it("DF-46 goes on to the next message although the edge never says what became of the last", async () => {
    const { push, legs, clock } = await given({ answers: { b1: ["stuck", answered(200)] } });
    const both = [push(hello), push({ ...hello, callId: "c2" })];
    await settle();
    clock.advance(8500);
    expect(await Promise.all(both)).toEqual([
      { kind: "unreachable", reason: "no answer in time" },
      { kind: "delivered" },
    ]);
    expect(legs).toHaveLength(2);
  });
});
