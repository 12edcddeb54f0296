import { describe, expect, it } from "@jest/globals";
import { type Keyed, KeyedTable } from "../src/keyed-table.js";

const keyed = (key: string): Keyed => ({ key, keyHash: 0 });

function add(table: KeyedTable<Keyed>, key: string, hash = table.hashOf(key)): Keyed {
  const one = keyed(key);
  table.add(one, hash);
  return one;
}

describe("KeyedTable", () => {
  it("finds what stands under a key, and nothing else", () => {
    const table = new KeyedTable<Keyed>("seed");
    const [one, two] = [add(table, "one"), add(table, "two")];
    expect([table.get("one", one.keyHash), table.get("two", two.keyHash)]).toEqual([one, two]);
    expect([table.get("three", table.hashOf("three")), table.size]).toEqual([undefined, 2]);
  });

  it("tells keys with the same hash apart", () => {
    const table = new KeyedTable<Keyed>("seed");
    const same = ["a", "b", "c", "d"].map((key) => add(table, key, 77));
    expect(same.map(({ key }) => table.get(key, 77))).toEqual(same);
    expect(table.get("e", 77)).toBeUndefined();
    const [a, b, c, d] = same;
    if (b) table.delete(b);
    expect(["a", "b", "c", "d"].map((key) => table.get(key, 77))).toEqual([a, undefined, c, d]);
  });

  it("forgets what was deleted, and minds no second deletion", () => {
    const table = new KeyedTable<Keyed>("seed");
    const one = add(table, "one");
    table.delete(one);
    table.delete(one);
    expect([table.get("one", one.keyHash), table.size, [...table.values()]]).toEqual([undefined, 0, []]);
  });

  it("never has a hash of 0, which marks an empty slot, and hashes by its seed", () => {
    const [one, other] = [new KeyedTable<Keyed>("one"), new KeyedTable<Keyed>("other")];
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
    expect(keys.some((key) => one.hashOf(key) === 0)).toBe(false);
    expect(keys.some((key) => one.hashOf(key) === other.hashOf(key))).toBe(false);
    expect(new Set(keys.map((key) => one.hashOf(key))).size).toBe(1_000);
  });

  for (const [name, hashes] of [
    ["its own hashes", undefined],
    ["hashes that crowd at the end of the table and wrap around", 5],
  ] as const) {
    it(`agrees with a Map over 50,000 seeded operations, with ${name}`, () => {
      const table = new KeyedTable<Keyed>("seed");
      const map = new Map<string, Keyed>();
      let seed = 7;
      const below = (limit: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % limit;
      };
      const hashOf = (key: string) =>
        hashes === undefined ? table.hashOf(key) : 1_021 + (table.hashOf(key) & hashes);
      for (let round = 0; round < 50_000; round += 1) {
        const key = `key ${below(hashes === undefined ? 5_000 : 60)}`;
        const known = map.get(key);
        expect(table.get(key, hashOf(key))).toBe(known);
        if (known === undefined) map.set(key, add(table, key, hashOf(key)));
        else if (below(3) > 0) {
          table.delete(known);
          map.delete(key);
        }
      }
      expect(table.size).toBe(map.size);
      expect([...table.values()].map(({ key }) => key).sort()).toEqual([...map.keys()].sort());
      table.clear();
      expect([table.size, [...table.values()]]).toEqual([0, []]);
    });
  }
});
