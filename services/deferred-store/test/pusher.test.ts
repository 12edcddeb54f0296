import { describe, expect, it } from "@jest/globals";
import { type Binding, BusError, type PagerMessage } from "@heliograph/contracts";
import { FakeClock } from "@heliograph/testkit";
import type { Leases } from "../src/ports.js";
import { Pusher, type PusherDeps } from "../src/push/pusher.js";
import { bob, messageOf } from "./given.js";

const leaseMs = 3_000;

/** A pusher whose lease table, queue and device the test plays, step by step. */
function given(changes: { readonly leases?: Partial<Leases>; readonly push?: () => Promise<unknown> } = {}) {
  const clock = new FakeClock();
  const waiting = [messageOf(), messageOf()].map((message, index) => ({ ...found(message), seq: index + 1 }));
  const pushed: string[] = [];
  const renewed: (readonly string[])[] = [];
  const leases: Leases = {
    take: async () => true,
    takeDue: async () => [],
    renew: async (owners) => {
      renewed.push(owners);
      return new Set(owners);
    },
    release: async () => undefined,
    schedule: async () => undefined,
    failuresOf: async () => 0,
    ownersAfter: async () => [],
    ...changes.leases,
  };
  const queues = {
    nextOf: async (_owner: string, scope: string, after: number) =>
      scope === "waiting" ? waiting.filter(({ seq }) => seq > after) : [],
    usageOf: async () => ({ waiting: waiting.length, bytes: 1, oldestAtMs: 0 }),
    finish: async ({ seq }: { seq: number }) =>
      void waiting.splice(
        waiting.findIndex((one) => one.seq === seq),
        1,
      ),
    noteFailure: async () => undefined,
  };
  const bus = {
    request: async (_subject: unknown, _params: unknown, message: PagerMessage) => {
      const reply = await (changes.push?.() ?? { kind: "delivered" });
      pushed.push(message.id);
      return reply;
    },
  };
  const silent = () => undefined;
  const deps = {
    clock,
    leases,
    queues,
    bus,
    marks: { mark: async () => undefined, clear: async () => undefined, marked: async () => true },
    registrations: { bindingsOf: async () => [{} as Binding] },
    random: () => 0.5,
    backOff: { firstMs: 1_000, maxMs: 10_000 },
    maxAttempts: 20,
    maxConcurrent: 10,
    leaseMs,
    inflater: { inflate: silent },
    notices: { chance: { token: () => "t" }, ownImdnUris: new Set() },
    onNotice: silent,
    events: { unreachable: silent, ended: silent, troubled: silent },
  } as unknown as PusherDeps;
  const pusher = new Pusher(deps);
  pusher.start();
  return { pusher, clock, pushed, renewed, waiting };
}

const found = (message: PagerMessage) => ({
  owner: bob,
  id: message.id,
  state: "waiting" as const,
  attempts: 0,
  expiresAtMs: Number.POSITIVE_INFINITY,
  message,
});

/** Lets everything run that waits for nothing but its turn. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

describe("DF-46 an owner whose lease is asked for", () => {
  it("is pushed to although the rounds took the lease while a registration asked for it", async () => {
    let answer: (isOurs: boolean) => void = () => undefined;
    let asked = 0;
    const take = () => {
      asked += 1;
      return asked === 1 ? new Promise<boolean>((resolve) => (answer = resolve)) : Promise.resolve(true);
    };
    const { pusher, pushed } = given({ leases: { take } });
    pusher.wake(bob, "registered");
    pusher.continueWith(bob);
    answer(false);
    await settle();
    expect(pushed).toHaveLength(2);
  });

  it("is not taken for lost because leases were renewed before it was granted", async () => {
    let answer: (isOurs: boolean) => void = () => undefined;
    const take = () => new Promise<boolean>((resolve) => (answer = resolve));
    const { pusher, pushed, clock, renewed } = given({ leases: { take } });
    pusher.wake(bob, "registered");
    clock.advance(leaseMs / 3);
    answer(true);
    await settle();
    expect(renewed).toEqual([[]]);
    expect(pushed).toHaveLength(2);
  });

  it("is given back when it is lost in the middle of a push: nobody renews what nobody uses", async () => {
    let goOn: () => void = () => undefined;
    const released: string[] = [];
    const { pusher, pushed, clock, renewed } = given({
      leases: { renew: async () => new Set(), release: async (owner) => void released.push(owner) },
      push: () => new Promise((resolve) => (goOn = () => resolve({ kind: "delivered" }))),
    });
    pusher.wake(bob, "registered");
    await settle();
    clock.advance(leaseMs / 3);
    await settle();
    goOn();
    await settle();
    expect(pushed).toHaveLength(1);
    expect(released).toEqual([bob]);
    expect(renewed).toEqual([]);
  });
});

describe("DF-36 a push that gets no answer", () => {
  it("lets go of the owner, to be looked at again after a back-off", async () => {
    const released: unknown[] = [];
    const { pusher } = given({
      leases: { release: async (_owner, outcome) => void released.push(outcome) },
      push: () => Promise.reject(new BusError("timeout", "a subject")),
    });
    pusher.wake(bob, "registered");
    await settle();
    expect(released).toEqual([{ dueInMs: 750, failures: 1 }]);
  });
});
