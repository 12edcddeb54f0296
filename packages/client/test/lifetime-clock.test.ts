import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { LifetimeClock } from "../src/lifetime-clock.js";

describe("the time of one client", () => {
  it("passes as any other, until its end: then nothing comes any more", () => {
    const clock = new FakeClock();
    const lifetime = new LifetimeClock(clock);
    const came: string[] = [];
    lifetime.after(1_000, () => came.push("first"));
    lifetime.after(1_000, () => came.push("cancelled")).cancel();
    lifetime.after(5_000, () => came.push("too late"));
    expect(lifetime.nowMs()).toBe(clock.nowMs());
    clock.advance(1_000);
    expect(lifetime.monotonicMs()).toBe(1_000);
    lifetime.end();
    lifetime.after(1, () => came.push("never")).cancel();
    lifetime.after(1, () => came.push("never"));
    expect(clock.armed).toBe(0);
    clock.advance(10_000);
    expect(came).toEqual(["first"]);
  });
});
