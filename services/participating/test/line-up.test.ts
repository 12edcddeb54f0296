import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { LineUp } from "../src/delivery/line-up.js";
import { binding, bob, given, hello, settle } from "./given.js";

/** Messages from Alice to Bob, each a message of its own. */
const messages = [1, 2, 3, 4].map((n) => ({ ...hello, id: `m${n}`, callId: `c${n}` }));

/** Lets time pass in the steps in which the queue is looked at. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50);
    await settle();
  }
}

type World = Awaited<ReturnType<typeof given>>;

/** Sends, and returns the answers, which come later. */
async function send({ originate }: World, some = messages): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const message of some) void originate(message).then((answer) => answers.push(answer));
  await settle();
  return answers;
}

describe("DF-40 new messages while older ones are being pushed", () => {
  it("go to the devices in their order once the queue is empty, and are never stored", async () => {
    const world = await given({ isQueued: true });
    const answers = await send(world);
    await pass(world.clock, 500);
    expect([answers, world.legs, world.stores]).toEqual([[], [], []]);
    await world.state.queues.clear(bob);
    await pass(world.clock, 50);
    expect(world.legs.map(({ message }) => message.id)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(answers).toEqual(messages.map(() => ({ kind: "accepted", status: 200 })));
    expect(world.stores).toEqual([]);
  });

  it("come after those in line, although the queue has just become empty", async () => {
    const world = await given({ isQueued: true });
    await send(world, messages.slice(0, 2));
    await world.state.queues.clear(bob);
    await send(world, messages.slice(2));
    expect(world.legs).toEqual([]);
    await pass(world.clock, 50);
    expect(world.legs.map(({ message }) => message.id)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  it("PF-54 are stored together, in their order, when the queue does not become empty, and answered 202", async () => {
    const world = await given({ isQueued: true });
    const answers = await send(world);
    await pass(world.clock, 3_950);
    expect(world.stores).toEqual([]);
    await pass(world.clock, 50);
    expect(world.stores.map(({ message, cause }) => [message.id, cause])).toEqual(
      messages.map(({ id }) => [id, "queue-order"]),
    );
    expect(answers).toEqual(messages.map(() => ({ kind: "accepted", status: 202 })));
    expect(world.legs).toEqual([]);
  });

  it("do not wait for a queue that has just kept others waiting in vain", async () => {
    const world = await given({ isQueued: true });
    await send(world, messages.slice(0, 1));
    await pass(world.clock, 4_000);
    await send(world, messages.slice(1, 2));
    expect(world.stores).toHaveLength(2);
    await pass(world.clock, 4_000);
    await send(world, messages.slice(2, 3));
    expect(world.stores).toHaveLength(2);
    await world.state.queues.clear(bob);
    await pass(world.clock, 50);
    expect(world.legs.map(({ message }) => message.id)).toEqual(["m3"]);
  });

  it("are stored at once when the user's last device goes", async () => {
    const world = await given({ isQueued: true });
    await send(world);
    await world.state.registrations.change(bob, () => ({ bindings: [], reply: undefined }));
    await pass(world.clock, 50);
    expect(world.stores).toHaveLength(4);
  });
});

describe("PF-12 a line", () => {
  it("is closed when live state is out of reach: its messages go into the store, if that is there", async () => {
    const clock = new FakeClock();
    const line = new LineUp({
      clock,
      patienceMs: 1_000,
      registrations: { reachabilityOf: () => Promise.reject(new Error("gone")) },
    });
    const joined = line.join(bob);
    expect(line.isForming(bob)).toBe(true);
    clock.advance(50);
    expect(await joined).toBeUndefined();
    expect(line.isForming(bob)).toBe(false);
  });

  it("holds a bounded number of messages", async () => {
    const clock = new FakeClock();
    const registrations = { reachabilityOf: async () => ({ bindings: [binding("b1")], isQueued: true }) };
    const line = new LineUp({ clock, patienceMs: 1_000, registrations });
    for (let count = 0; count < 20_000; count += 1) void line.join(bob);
    expect(await line.join(bob)).toBeUndefined();
  });
});
