import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { Alarmed, Alarms } from "../src/transaction/alarms.js";

class Sleeper extends Alarmed {
  constructor(
    readonly name: string,
    readonly wake: (sleeper: Sleeper) => void,
  ) {
    super();
  }

  onAlarm(): void {
    this.wake(this);
  }
}

function given() {
  const clock = new FakeClock();
  const alarms = new Alarms(clock);
  const woken: string[] = [];
  const sleeper = (name: string) => new Sleeper(name, () => woken.push(`${name} ${clock.monotonicMs()}`));
  return { clock, alarms, woken, sleeper };
}

describe("Alarms", () => {
  it("wakes each at its time, with one timer of the clock for those who wait equally long", () => {
    const { clock, alarms, woken, sleeper } = given();
    for (const name of ["a", "b", "c"]) {
      alarms.arm(sleeper(name), 500);
      clock.advance(10);
    }
    alarms.arm(sleeper("d"), 100);
    expect(clock.armed).toBe(2);
    clock.advance(1_000);
    expect(woken).toEqual(["d 130", "a 500", "b 510", "c 520"]);
    expect(clock.armed).toBe(0);
  });

  it("wakes one that is armed again at its new time only", () => {
    const { clock, alarms, woken, sleeper } = given();
    const one = sleeper("one");
    alarms.arm(one, 500);
    clock.advance(400);
    alarms.arm(one, 500);
    clock.advance(200);
    alarms.arm(one, 100);
    clock.advance(2_000);
    expect(woken).toEqual(["one 700"]);
  });

  it("does not wake who was disarmed, by another that woke at the same time included", () => {
    const { clock, alarms, woken, sleeper } = given();
    const victim = sleeper("victim");
    alarms.arm(new Sleeper("killer", () => alarms.disarm(victim)), 500);
    alarms.arm(victim, 500);
    const other = sleeper("other");
    alarms.arm(other, 500);
    alarms.disarm(other);
    alarms.disarm(other);
    clock.advance(1_000);
    expect([woken, clock.armed]).toEqual([[], 0]);
  });

  it("lets one arm itself again while it wakes", () => {
    const { clock, alarms } = given();
    let count = 0;
    const again = new Sleeper("again", (self) => {
      count += 1;
      if (count < 5) alarms.arm(self, 500);
    });
    alarms.arm(again, 500);
    clock.advance(2_499);
    expect(count).toBe(4);
    clock.advance(1);
    expect(count).toBe(5);
  });

  it("keeps time past 2^31 milliseconds of running", () => {
    const { clock, alarms, woken, sleeper } = given();
    clock.advance(2 ** 31 - 300);
    alarms.arm(sleeper("late"), 500);
    clock.advance(499);
    expect(woken).toEqual([]);
    clock.advance(1);
    expect(woken).toEqual([`late ${2 ** 31 + 200}`]);
    clock.advance(2 ** 31);
    alarms.arm(sleeper("later"), 500);
    clock.advance(500);
    expect(woken).toHaveLength(2);
  });

  it("forgets everybody on close", () => {
    const { clock, alarms, woken, sleeper } = given();
    for (const ms of [0, 500, 500, 32_000]) alarms.arm(sleeper("x"), ms);
    alarms.close();
    clock.advance(60_000);
    expect([woken, clock.armed]).toEqual([[], 0]);
  });
});
