import { describe, expect, it } from "@jest/globals";
import { KeptResponses, nothingKept } from "../src/transaction/kept-responses.js";

const bytesOf = (fill: number, length: number) => new Uint8Array(length).fill(fill);

describe("KeptResponses", () => {
  it("gives back what was kept, as a copy", () => {
    const kept = new KeptResponses({ slabBytes: 1_000 });
    const numbers = [0, 1, 5, 300, 900].map((length, index) => kept.keep(bytesOf(index + 1, length)));
    expect(numbers.map((number) => kept.read(number))).toEqual(
      [0, 1, 5, 300, 900].map((length, index) => bytesOf(index + 1, length)),
    );
    kept.read(numbers[3] ?? 0)?.fill(0);
    expect(kept.read(numbers[3] ?? 0)?.[0]).toBe(4);
  });

  it("holds as much as its limit, and takes more when something was released", () => {
    const kept = new KeptResponses({ slabBytes: 100, maxBytes: 300 });
    const numbers = [1, 2, 3].map((fill) => kept.keep(bytesOf(fill, 90)));
    expect([kept.keep(bytesOf(4, 90)), kept.heldBytes]).toEqual([nothingKept, 300]);
    kept.release(numbers[0] ?? 0);
    expect(kept.heldBytes).toBe(200);
    const again = kept.keep(bytesOf(5, 90));
    expect([kept.read(again), kept.read(numbers[1] ?? 0)]).toEqual([bytesOf(5, 90), bytesOf(2, 90)]);
  });

  it("keeps nothing that is larger than a slab, and reads nothing where nothing was kept", () => {
    const kept = new KeptResponses({ slabBytes: 100 });
    expect(kept.keep(bytesOf(1, 97))).toBe(nothingKept);
    expect(kept.read(nothingKept)).toBeUndefined();
    kept.release(nothingKept);
    expect(kept.heldBytes).toBe(0);
  });

  it("stays as small as what is live, whatever passes through", () => {
    const kept = new KeptResponses({ slabBytes: 1_000, maxBytes: 10_000 });
    const live: { number: number; fill: number }[] = [];
    for (let round = 0; round < 5_000; round += 1) {
      const fill = round % 250;
      const number = kept.keep(bytesOf(fill, 50 + (round % 50)));
      expect(number).not.toBe(nothingKept);
      live.push({ number, fill });
      if (live.length <= 40) continue;
      const oldest = live.shift();
      if (oldest === undefined) continue;
      expect(kept.read(oldest.number)?.every((byte) => byte === oldest.fill)).toBe(true);
      kept.release(oldest.number);
    }
    expect(kept.heldBytes).toBeLessThanOrEqual(6_000);
    for (const { number } of live) kept.release(number);
    expect(kept.heldBytes).toBeLessThanOrEqual(1_000);
  });
});
