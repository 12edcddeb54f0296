import { describe, expect, it } from "@jest/globals";
import { PassingMap, Places } from "../src/index.js";

describe("PassingMap", () => {
  it("has what was set and not deleted, the last value under each key", () => {
    const map = new PassingMap<number>();
    map.set("one", 1);
    map.set("two", 2);
    map.set("one", 11);
    expect([map.get("one"), map.get("two"), map.get("three")]).toEqual([11, 2, undefined]);
    expect([map.has("one"), map.has("three"), map.size]).toEqual([true, false, 2]);
    expect([map.delete("one"), map.delete("one"), map.get("one"), map.size]).toEqual([
      true,
      false,
      undefined,
      1,
    ]);
  });

  it("gives what is there now, whatever is done with it meanwhile", () => {
    const map = new PassingMap<number>();
    for (let n = 0; n < 5; n += 1) map.set(`key ${n}`, n);
    for (const key of map.keys()) map.delete(key);
    expect([map.size, map.values()]).toEqual([0, []]);
  });

  it("agrees with a Map over a hundred thousand that come and go", () => {
    const [passing, map] = [new PassingMap<number>(), new Map<string, number>()];
    for (let n = 0; n < 100_000; n += 1) {
      passing.set(`key ${n}`, n);
      map.set(`key ${n}`, n);
      if (n < 3_000) continue;
      const over = `key ${n - 3_000 + (n % 7)}`;
      if (passing.delete(over) !== map.delete(over)) throw new Error(`they disagree about ${over}`);
    }
    expect(passing.size).toBe(map.size);
    expect(new Set(passing.values())).toEqual(new Set(map.values()));
  });
});

describe("Places", () => {
  it("gives a number to each, and that of one who left to the next", () => {
    const places = new Places<{ name: string }>();
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ name }));
    if (!a || !b || !c) throw new Error("three were made");
    const place = places.take(a);
    expect(places.take(b)).not.toBe(place);
    places.leave(place);
    expect(places.take(c)).toBe(place);
    expect(places.all()).toEqual([c, b]);
  });
});
