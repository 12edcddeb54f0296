import { describe, expect, it } from "@jest/globals";
import { type Binding, type RegisteredDevice, sipCore } from "@heliograph/contracts";
import {
  deviceOfCaller,
  devicesDue,
  hasLostRegistration,
  type Removal,
  renewedDevice,
} from "../src/domain/registered-device.js";
import { alice, binding, bob, settle } from "./given.js";
import { conversation, everyService, givenSessions, invitation, sdp } from "./given-sessions.js";

const gone = 'SIP;cause=480;text="Temporarily Unavailable"';
const both = [
  { leg: "leg-alice", reason: gone },
  { leg: "leg-bob", reason: gone },
];
const startMs = 1_700_000_000_000;
const phone = "<urn:uuid:phone>";
const device = (differs: Partial<RegisteredDevice> = {}): RegisteredDevice => ({
  aor: bob,
  contact: "sip:b1@192.0.2.1:5060",
  instance: phone,
  expiresAtMs: startMs + 60_000,
  ...differs,
});
const nameless = { aor: bob, contact: "sip:b1@192.0.2.1:5060", expiresAtMs: startMs + 60_000 };
const b1 = binding("b1", { instance: phone });
const b2 = binding("b2");
const elsewhere = binding("b3", { instance: phone });

describe("PF-11 whether a device has lost its registration", () => {
  it.each<[string, RegisteredDevice, Removal, Binding[], boolean]>([
    ["its instance was removed", device(), [b1], [], true],
    ["its instance was removed, and another device is left", device(), [b1], [b2], true],
    ["its instance is registered over another flow, too", device(), [b1], [elsewhere], false],
    ["another device was removed", device(), [b2], [b1], false],
    ["another device was removed, and its own is not there either", device(), [b2], [], false],
    ["its time ran out", device(), "expired", [], true],
    ["its time ran out, and another device is left", device(), "expired", [b2], true],
    ["it was refreshed", device(), "expired", [b1], false],
    ["it was registered over another flow", device(), "expired", [elsewhere], false],
    ["without an instance, its contact was removed", nameless, [b1], [b2], true],
    ["without an instance, another contact was removed", nameless, [b2], [b1], false],
    ["without an instance, it was refreshed", nameless, "expired", [b1], false],
    ["without an instance, its time ran out and nothing is left", nameless, "expired", [], true],
    ["without an instance, it may have moved to what is left", nameless, "expired", [b2], false],
  ])("R-participating-21 %s", (_, one, removal, left, isLost) => {
    expect(hasLostRegistration(one, removal, left)).toBe(isLost);
  });

  it("the caller's is that of its instance, else of its contact, else of its flow", () => {
    const bindings = [
      binding("a1", { node: "e1", flowId: "f1" }),
      binding("a2", { instance: "<urn:x>", flowId: "f2" }),
      binding("a3", { contact: "sip:alice@192.0.2.9", flowId: "f3" }),
    ];
    const of = (contact: string, flowId: string, contactParams = "") =>
      deviceOfCaller(bindings, { ...invitation, contactParams, device: { contact, flowId } })?.contact;
    expect(of("sip:alice@192.0.2.9", "f1", ';+sip.instance="<urn:x>"')).toBe(bindings[1]?.contact);
    expect(of("sip:alice@192.0.2.9", "f1", ';+sip.instance="<urn:y>"')).toBe(bindings[2]?.contact);
    expect(of("sip:alice@192.0.2.77", "f1")).toBe(bindings[0]?.contact);
    expect(of("sip:alice@192.0.2.77", "f9")).toBeUndefined();
    expect(deviceOfCaller(bindings, invitation)).toBeUndefined();
    const core = [binding("c", { kind: "core", contact: "sip:alice@192.0.2.9" })];
    expect(
      deviceOfCaller(core, { ...invitation, device: { contact: "sip:alice@192.0.2.9", flowId: "f" } }),
    ).toBeUndefined();
  });

  it("it is looked at when its time ran out and a refresh had time to come, and again when that runs out", () => {
    const one = conversation({ devices: { callee: device() } });
    expect(devicesDue(one, startMs + 64_999)).toEqual([]);
    expect(devicesDue(one, startMs + 65_000)).toEqual([device()]);
    expect(devicesDue(conversation(), Number.MAX_SAFE_INTEGER)).toEqual([]);
    const later = binding("b1", { instance: phone, expiresAtMs: startMs + 90_000 });
    expect(renewedDevice(device(), [later, b2]).expiresAtMs).toBe(startMs + 90_000);
    expect(renewedDevice(nameless, [binding("b2", { expiresAtMs: startMs + 80_000 })]).expiresAtMs).toBe(
      startMs + 80_000,
    );
  });
});

/** Bob has these registrations left, and his device of `devices` is in a session with Alice. */
async function having(left: readonly Binding[], devices = { callee: device() }) {
  const world = await givenSessions({ bindings: left });
  await world.conversations.open(conversation({ devices }), 24 * 3_600_000, 10);
  return {
    ...world,
    remove: async (removed: sipCore.RemovedBinding[], isUserRemoved = false, aor = bob) => {
      await world.bus.publish(sipCore.registrationRemoved, {}, { aor, removed, isUserRemoved });
      await settle();
    },
    wait: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        world.clock.advance(1_000);
        await settle();
      }
    },
  };
}

describe("PF-11 GEN-17 a device is not registered any more", () => {
  it("that it removed its registration ends its sessions on both sides", async () => {
    const { remove, ends, closedSessions, conversations, metrics } = await having([b2]);
    await remove([{ contact: b1.contact, instance: phone }]);
    expect(ends).toEqual(both);
    expect(closedSessions).toEqual(["s1"]);
    expect(await conversations.of("v1")).toBeUndefined();
    expect(metrics.text()).toContain('sessions_ended_total{why="unregistered"} 1');
  });

  it("that another one did, or that it has another flow, ends nothing", async () => {
    const { remove, ends } = await having([elsewhere]);
    await remove([{ contact: b1.contact, instance: phone }]);
    await remove([{ contact: b2.contact }]);
    expect(ends).toEqual([]);
  });

  it("who was removed has no sessions left, registered or not", async () => {
    const { remove, ends } = await having([]);
    await remove([], true, "sip:carol@a.example");
    expect(ends).toEqual([]);
    await remove([], true, alice);
    expect(ends).toEqual(both);
  });

  it("a registration that runs out ends its sessions", async () => {
    const { wait, ends } = await having([]);
    await wait(63_000);
    expect(ends).toEqual([]);
    await wait(6_000);
    expect(ends).toEqual(both);
  });

  it("one that is refreshed does not, until that runs out", async () => {
    const refreshed = binding("b1", { instance: phone, expiresAtMs: startMs + 120_000 });
    const { wait, ends, conversations } = await having([refreshed]);
    await wait(70_000);
    expect((await conversations.of("v1"))?.devices?.callee?.expiresAtMs).toBe(startMs + 120_000);
    await wait(50_000);
    expect(ends).toEqual([]);
    await wait(10_000);
    expect(ends).toEqual(both);
  });

  it("a session knows the registrations of both its devices from its beginning", async () => {
    const world = await givenSessions({ bindings: [b1] });
    await world.state.registrations.change(alice, () => ({
      bindings: [binding("a1", { instance: "<urn:x>" })],
      reply: undefined,
    }));
    await world.originate({ ...invitation, device: { contact: "sip:a1@192.0.2.1:5060", flowId: "f" } });
    expect((await world.conversations.of("v1"))?.devices).toEqual({
      caller: {
        aor: alice,
        contact: "sip:a1@192.0.2.1:5060",
        instance: "<urn:x>",
        expiresAtMs: b1.expiresAtMs,
      },
      callee: { aor: bob, contact: b1.contact, instance: phone, expiresAtMs: b1.expiresAtMs },
    });
  });

  it("PF-07 and where it was answered at once, as soon as there is a device", async () => {
    const world = await givenSessions({
      bindings: [b1],
      profiles: { [bob]: { services: everyService, autoAcceptsSessions: true } },
      rings: { b1: "rings" },
      calleeSays: sdp(["a=early"]),
    });
    await world.originate(invitation);
    expect((await world.conversations.of("v1"))?.devices).toEqual({});
    await settle();
    world.answerNow("b1", "accepts");
    await settle();
    expect((await world.conversations.of("v1"))?.devices).toMatchObject({ callee: { instance: phone } });
  });
});
