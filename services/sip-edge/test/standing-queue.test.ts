import { describe, expect, it } from "@jest/globals";
import { StandingQueue } from "../src/domain/standing-queue.js";

/** One second of deliveries, 400 of them, that take what `tookMs` says. */
function second(queue: StandingQueue, fromMs: number, tookMs: (index: number) => number): boolean[] {
  return Array.from({ length: 400 }, (_, index) => {
    const nowMs = fromMs + index * 2.5;
    queue.delivered(tookMs(index), nowMs);
    return queue.stands(nowMs);
  });
}

describe("GEN-14 PF-43 overload is known by the fastest delivery", () => {
  it("does not stand while some deliveries are fast, however slow the others are", () => {
    const queue = new StandingQueue({ longestMs: 100 });
    expect(second(queue, 0, (index) => (index % 50 === 0 ? 3 : 8_000))).not.toContain(true);
  });

  it("stands when every delivery of a window was slow, and no longer when one was fast", () => {
    const queue = new StandingQueue({ longestMs: 100 });
    second(queue, 0, () => 5);
    expect(second(queue, 1_000, () => 300).at(-1)).toBe(true);
    expect(second(queue, 2_000, () => 5).at(-1)).toBe(false);
  });

  it("says nothing of a few slow devices", () => {
    const queue = new StandingQueue({ longestMs: 100 });
    const stands = Array.from({ length: 100 }, (_, index) => {
      queue.delivered(900, index * 10);
      return queue.stands(index * 10);
    });
    expect(stands).not.toContain(true);
  });

  it("gets used to a way that has become longer", () => {
    const queue = new StandingQueue({ longestMs: 100 });
    const seconds = Array.from({ length: 60 }, (_, index) => second(queue, index * 1_000, () => 150).at(-1));
    expect([seconds[1], seconds.at(-1)]).toEqual([true, false]);
  });

  it("forgets what was when nothing was delivered since", () => {
    const queue = new StandingQueue({ longestMs: 100 });
    second(queue, 0, () => 300);
    expect(queue.stands(5_000)).toBe(false);
  });
});
