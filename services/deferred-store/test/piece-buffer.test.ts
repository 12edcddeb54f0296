import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { type FullPiece, PieceBuffer } from "../src/domain/piece-buffer.js";

const pieceBytes = 16;

interface Cut {
  readonly at: number;
  readonly octets: Uint8Array;
}

/** A content in runs of octets that together are all of it. */
const contentInRuns = fc
  .record({ size: fc.integer({ min: 1, max: 100 }), cuts: fc.array(fc.nat({ max: 99 }), { maxLength: 8 }) })
  .map(({ size, cuts }) => {
    const content = Uint8Array.from({ length: size }, (_, index) => (index * 7) % 251);
    const edges = [...new Set([0, ...cuts.filter((cut) => cut < size), size])].sort((a, b) => a - b);
    const runs = edges.slice(1).map((end, index): Cut => {
      const at = edges[index] ?? 0;
      return { at, octets: content.subarray(at, end) };
    });
    return { content, runs };
  });

function assemble(runs: readonly Cut[], size: number, maxOpen = 16) {
  const buffer = new PieceBuffer({ pieceBytes, maxOpen });
  const pieces: FullPiece[] = [];
  for (const { at, octets } of runs) {
    const full = buffer.write(at, octets);
    if (full === "too-scattered") return full;
    pieces.push(...full);
  }
  const last = buffer.finish(size);
  if (last === "gap") return last;
  return [...pieces, ...(last ? [last] : [])].sort((one, other) => one.number - other.number);
}

describe("RFC 4975 §7.3.1 MS-07 octets that come in any order", () => {
  it("make the same pieces as those that come in order, each handed out once", () => {
    fc.assert(
      fc.property(
        contentInRuns.chain(({ content, runs }) =>
          fc.record({
            content: fc.constant(content),
            runs: fc.shuffledSubarray(runs, { minLength: runs.length, maxLength: runs.length }),
          }),
        ),
        ({ content, runs }) => {
          const pieces = assemble(runs, content.length);
          if (typeof pieces === "string") throw new Error(pieces);
          expect(pieces.map(({ number }) => number)).toEqual(pieces.map((_, index) => index));
          expect(Buffer.concat(pieces.map(({ octets }) => octets))).toEqual(Buffer.from(content));
        },
      ),
    );
  });

  it("twice are the same: those of a piece that was handed out are passed over", () => {
    fc.assert(
      fc.property(contentInRuns, ({ content, runs }) => {
        const again = runs.map(({ at, octets }) => ({ at, octets: new Uint8Array(octets.length) }));
        const whole = Math.floor(content.length / pieceBytes) * pieceBytes;
        const pieces = assemble([...runs, ...again], content.length);
        if (typeof pieces === "string") throw new Error(pieces);
        const octets = Buffer.concat(pieces.map((piece) => piece.octets));
        expect(octets.subarray(0, whole)).toEqual(Buffer.from(content.subarray(0, whole)));
      }),
    );
  });

  it("with a gap are not a message", () => {
    expect(assemble([{ at: 1, octets: new Uint8Array(20) }], 21)).toBe("gap");
    expect(assemble([{ at: 0, octets: new Uint8Array(16) }], 17)).toBe("gap");
    expect(assemble([], 1)).toBe("gap");
  });

  it("of nothing are a message without pieces", () => {
    expect(assemble([], 0)).toEqual([]);
  });

  it("with gaps in too many pieces, or too many gaps in one, are refused: memory is bounded", () => {
    const apart = [0, 1, 2].map((number) => ({ at: number * pieceBytes + 1, octets: new Uint8Array(1) }));
    expect(assemble(apart, 60, 2)).toBe("too-scattered");
    const buffer = new PieceBuffer({ pieceBytes: 1024, maxOpen: 4 });
    const outcomes = Array.from({ length: 100 }, (_, index) => buffer.write(index * 2, new Uint8Array(1)));
    expect(outcomes.at(-1)).toBe("too-scattered");
  });
});
