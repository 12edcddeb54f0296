import { describe, expect, it } from "@jest/globals";
import type { Dialog, DialogEnd } from "@heliograph/sip";
import { array, assert, asyncProperty, integer } from "fast-check";
import { Agent, noteEnd, sdp } from "./dialog-support.js";
import { type Fate, FakeNetwork } from "./fake-network.js";

/** Fates from numbers: lost, twice, late and out of order, or well. */
function fateFrom(numbers: readonly number[], lossPercent: number): Fate {
  let at = 0;
  return () => {
    const number = numbers[at++ % numbers.length] ?? 0;
    if (number % 100 < lossPercent) return [];
    const delayMs = 1 + (number % 700);
    return number % 7 === 0 ? [delayMs, 1 + (number % 1_900)] : [delayMs];
  };
}

/** A whole call: progress, answer, changes from both sides that may collide, requests, and an end from both. */
async function live(fate: Fate, acts: readonly number[]) {
  const network = new FakeNetwork();
  network.fate = fate;
  const timers = { sessionTimer: { expiresS: 120 } };
  const alice = new Agent(network, "alice", timers);
  const bob = new Agent(network, "bob", timers);
  const ends: DialogEnd[][] = [];
  const dialogs: Dialog[] = [];
  const promises: Promise<unknown>[] = [];
  let settled = 0;
  const follow = (dialog: Dialog) => {
    dialogs.push(dialog);
    ends.push(noteEnd(dialog));
    dialog.onRequest((incoming) => {
      network.clock.after(acts[0] ?? 0, () =>
        incoming.respond(200, incoming.request.body.length > 0 ? sdp(9) : {}),
      );
    });
  };
  const watch = (promise: Promise<unknown>) => {
    promises.push(promise);
    void promise.then(() => (settled += 1));
  };
  bob.onInvite = (invite) => {
    invite.progress(180, { isReliable: (acts[1] ?? 0) % 2 === 0 });
    network.clock.after(acts[2] ?? 0, () => follow(invite.accept(sdp(2))));
  };
  const outgoing = alice.call("bob");
  watch(outgoing.outcome.then((outcome) => outcome.kind === "accepted" && follow(outcome.dialog)));
  if ((acts[3] ?? 0) % 5 === 0) network.clock.after(acts[3] ?? 0, () => outgoing.cancel("SIP;cause=487"));
  const change = (side: number, method: string) => {
    const dialog = dialogs[side % 2];
    if (dialog) watch(dialog.request(method, method === "INFO" ? {} : sdp(3)));
  };
  await network.pass(4_000, 250);
  for (const act of acts) {
    change(act, ["INVITE", "UPDATE", "INFO"][act % 3] ?? "INFO");
    change(act + 1, ["UPDATE", "INVITE", "INFO"][act % 3] ?? "INFO");
    await network.pass(act, 250);
  }
  for (const dialog of dialogs.slice(0, 1 + ((acts[0] ?? 0) % 2))) watch(dialog.bye("SIP;cause=200"));
  await network.pass(500_000, 500);
  return { network, alice, bob, ends, isSettled: settled === promises.length };
}

const acts = array(integer({ min: 0, max: 3_000 }), { minLength: 4, maxLength: 6 });
const fates = array(integer({ min: 0, max: 1_000_000 }), { minLength: 40, maxLength: 60 });

describe("RFC 3261 §12 dialogs over a network that loses, repeats and reorders", () => {
  it.each([0, 10, 35, 100])(
    "end on both sides, each once, and leave nothing behind (%d %% lost)",
    async (lossPercent) => {
      await assert(
        asyncProperty(fates, acts, async (numbers, script) => {
          const { network, alice, bob, ends, isSettled } = await live(fateFrom(numbers, lossPercent), script);
          expect([alice.caught, bob.caught]).toEqual([[], []]);
          expect(ends.map((one) => one.length)).toEqual(ends.map(() => 1));
          expect([isSettled, alice.dialogs.size, bob.dialogs.size, network.clock.armed]).toEqual([
            true,
            0,
            0,
            0,
          ]);
        }),
        { numRuns: Number(process.env["FUZZ_RUNS"] ?? 8), endOnFailure: true },
      );
    },
    120_000,
  );
});
