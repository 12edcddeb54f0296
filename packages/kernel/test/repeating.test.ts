import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { Repeating } from "../src/index.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("work that is repeated", () => {
  it("comes again after a turn that failed, and no more once it is stopped", async () => {
    const clock = new FakeClock();
    const failures: unknown[] = [];
    let turns = 0;
    const turn = () => Promise.reject(new Error(String((turns += 1))));
    const repeating = new Repeating(clock, 100, turn, (cause) => void failures.push(cause));
    repeating.start();
    for (let i = 0; i < 2; i += 1) {
      clock.advance(100);
      await settled();
    }
    repeating.stop();
    clock.advance(1_000);
    expect([turns, failures.length]).toEqual([2, 2]);
  });
});
