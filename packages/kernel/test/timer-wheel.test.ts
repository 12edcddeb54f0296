import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";

const hourMs = 3_600_000;

function given() {
  const wheel = new TimerWheel();
  const fired: string[] = [];
  const arm = (name: string, ms: number, then?: () => void) =>
    wheel.after(ms, () => {
      fired.push(name);
      then?.();
    });
  return { wheel, fired, arm };
}

describe("TimerWheel", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  for (const ms of [0, 1, 9, 10, 11, 95, 500, 4_000, 10_239, 10_240, 10_241, 32_000, 64_000, hourMs]) {
    it(`fires after ${ms} ms: never early, and at most one tick late`, () => {
      const { fired, arm } = given();
      jest.advanceTimersByTime(3);
      arm("it", ms);
      jest.advanceTimersByTime(Math.max(0, ms - 1));
      expect(fired).toEqual([]);
      jest.advanceTimersByTime(12);
      expect(fired).toEqual(["it"]);
    });
  }

  it("fires in the order in which the timers are due, whatever the order of arming", () => {
    const { fired, arm } = given();
    for (const ms of [300, 20, 12_000, 100]) arm(String(ms), ms);
    jest.advanceTimersByTime(13_000);
    expect(fired).toEqual(["20", "100", "300", "12000"]);
  });

  it("takes at most two ticks for each link of a chain of 10 ms timers", () => {
    const { wheel } = given();
    let count = 0;
    const again = (): void => {
      count += 1;
      if (count < 1000) wheel.after(10, again);
    };
    wheel.after(10, again);
    jest.advanceTimersByTime(20_020);
    expect(count).toBe(1000);
  });

  it("fires a timer once only", () => {
    const { fired, arm } = given();
    arm("once", 10);
    jest.advanceTimersByTime(60_000);
    expect(fired).toEqual(["once"]);
  });

  it("does not fire what was cancelled, and a second or late cancel does nothing", () => {
    const { fired, arm } = given();
    const cancelled = arm("cancelled", 50);
    const late = arm("late", 50);
    arm("kept", 50);
    cancelled.cancel();
    cancelled.cancel();
    jest.advanceTimersByTime(100);
    late.cancel();
    arm("next", 50);
    jest.advanceTimersByTime(100);
    expect(fired).toEqual(["late", "kept", "next"]);
  });

  it("does not fire what another timer of the same tick cancels", () => {
    const { fired, arm } = given();
    const victims: { cancel(): void }[] = [];
    arm("killer", 50, () => victims.forEach((victim) => victim.cancel()));
    victims.push(arm("victim", 50), arm("victim too", 50));
    arm("bystander", 50);
    jest.advanceTimersByTime(100);
    expect(fired).toEqual(["killer", "bystander"]);
  });

  it("lets a timer cancel itself while it fires", () => {
    const { fired, arm } = given();
    const timer = arm("self", 10, () => timer.cancel());
    arm("other", 10);
    jest.advanceTimersByTime(50);
    expect(fired).toEqual(["self", "other"]);
  });

  it("fires what a timer arms, one whole turn of the wheel later included", () => {
    const { fired, arm } = given();
    arm("first", 20, () => {
      arm("turn", 10_240);
      arm("soon", 0);
    });
    jest.advanceTimersByTime(60);
    expect(fired).toEqual(["first", "soon"]);
    jest.advanceTimersByTime(10_240);
    expect(fired).toEqual(["first", "soon", "turn"]);
  });

  it("wakes for a near timer that is armed while it sleeps for a far one", () => {
    const { fired, arm } = given();
    arm("far", hourMs);
    jest.advanceTimersByTime(400);
    arm("near", 20);
    jest.advanceTimersByTime(40);
    expect(fired).toEqual(["near"]);
  });

  it("sleeps while nothing is near: an hour costs one wake-up a second, not a hundred", () => {
    const { arm } = given();
    const spy = jest.spyOn(globalThis, "setTimeout");
    arm("far", hourMs);
    jest.advanceTimersByTime(hourMs + 20);
    expect(spy.mock.calls.length).toBeLessThan(4_000);
    expect(jest.getTimerCount()).toBe(0);
    spy.mockRestore();
  });

  it("keeps one timeout of the platform at a time, and none when nothing is armed", () => {
    const { arm } = given();
    const timers = Array.from({ length: 100 }, (_, index) => arm(String(index), 1000 - index * 10));
    expect(jest.getTimerCount()).toBe(1);
    for (const timer of timers) timer.cancel();
    jest.advanceTimersByTime(1_100);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("catches up after the event loop was blocked, and starts afresh after a long idle time", () => {
    const { fired, arm } = given();
    arm("a", 20);
    arm("b", 5_000);
    jest.setSystemTime(Date.now() + 1);
    jest.advanceTimersByTime(60_000);
    arm("c", 30);
    jest.advanceTimersByTime(29);
    expect(fired).toEqual(["a", "b"]);
    jest.advanceTimersByTime(12);
    expect(fired).toEqual(["a", "b", "c"]);
  });

  it("measures by a clock that a change of the time of day does not touch", () => {
    const { wheel, fired, arm } = given();
    arm("it", 1_000);
    const before = wheel.monotonicMs();
    jest.setSystemTime(0);
    expect(wheel.nowMs()).toBe(0);
    expect(wheel.monotonicMs()).toBe(before);
    jest.advanceTimersByTime(999);
    expect(fired).toEqual([]);
    jest.advanceTimersByTime(12);
    expect(fired).toEqual(["it"]);
  });

  it("goes on when a timer throws, and lets the error surface", () => {
    const { fired, arm } = given();
    const surfaced: (() => void)[] = [];
    const spy = jest
      .spyOn(globalThis, "queueMicrotask")
      .mockImplementation((task) => void surfaced.push(task));
    arm("broken", 10, () => {
      throw new Error("broken timer");
    });
    arm("same tick", 10);
    arm("later", 100);
    jest.advanceTimersByTime(200);
    spy.mockRestore();
    expect(fired).toEqual(["broken", "same tick", "later"]);
    expect(surfaced).toHaveLength(1);
    expect(() => surfaced[0]?.()).toThrow("broken timer");
  });

  it("agrees with a plain list of timers over 2000 seeded operations", () => {
    const { wheel } = given();
    let seed = 42;
    const below = (limit: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const open = new Map<number, { dueMs: number; cancel(): void }>();
    const wrong: string[] = [];
    for (let id = 0; id < 2_000; id += 1) {
      const dueMs = performance.now() + below(30_000);
      const timer = wheel.after(dueMs - performance.now(), () => {
        const late = performance.now() - dueMs;
        if (!open.delete(id) || late < 0 || late > 11) wrong.push(`${id} is ${late} ms late`);
      });
      open.set(id, { dueMs, cancel: () => timer.cancel() });
      if (below(3) === 0) {
        const victim = below(id + 1);
        open.get(victim)?.cancel();
        open.delete(victim);
      }
      jest.advanceTimersByTime(below(12));
    }
    jest.advanceTimersByTime(30_020);
    expect(wrong).toEqual([]);
    expect(open.size).toBe(0);
  });
});
