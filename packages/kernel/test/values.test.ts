import { describe, expect, it } from "@jest/globals";
import { err, ok, type Result, unreachable } from "../src/index.js";

type Shape = { readonly kind: "circle" } | { readonly kind: "square" };

function corners(shape: Shape): number {
  switch (shape.kind) {
    case "circle":
      return 0;
    case "square":
      return 4;
    default:
      return unreachable(shape);
  }
}

const halfOf = (n: number): Result<number, "odd"> => (n % 2 === 0 ? ok(n / 2) : err("odd"));

describe("a result", () => {
  it("is a value, or what the caller must be ready for", () => {
    expect(halfOf(4)).toEqual({ ok: true, value: 2 });
    expect(halfOf(3)).toEqual({ ok: false, error: "odd" });
  });
});

describe("a closed switch", () => {
  it("knows every case", () => {
    expect([corners({ kind: "circle" }), corners({ kind: "square" })]).toEqual([0, 4]);
  });

  it("throws with the value for one that came past the compiler, off the wire", () => {
    const novel: Shape = JSON.parse('{"kind":"triangle"}');
    expect(() => corners(novel)).toThrow('unreachable case: {"kind":"triangle"}');
  });
});
