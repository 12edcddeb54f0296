import { describe, expect, it } from "@jest/globals";
import {
  T1,
  T2,
  T4,
  timerA,
  timerB,
  timerC,
  timerD,
  timerE,
  timerF,
  timerG,
  timerH,
  timerI,
  timerJ,
  timerK,
  timerL,
  timerM,
} from "@heliograph/sip";

describe("RFC 3261 Table 4, RFC 6026 §8.11 Summary of timers", () => {
  it("T1 is 500 ms, T2 4 s, T4 5 s", () => {
    expect([T1, T2, T4]).toEqual([500, 4_000, 5_000]);
  });

  it("has each timer's value, over unreliable and reliable transports", () => {
    expect({ timerA, timerB, timerE, timerF, timerG, timerH, timerL, timerM }).toEqual({
      timerA: T1,
      timerB: 64 * T1,
      timerE: T1,
      timerF: 64 * T1,
      timerG: T1,
      timerH: 64 * T1,
      timerL: 64 * T1,
      timerM: 64 * T1,
    });
    expect([timerD(false), timerI(false), timerJ(false), timerK(false)]).toEqual([32_000, T4, 64 * T1, T4]);
    expect([timerD(true), timerI(true), timerJ(true), timerK(true)]).toEqual([0, 0, 0, 0]);
  });

  it("GEN-36: Timer C is more than three minutes", () => {
    expect(timerC).toBeGreaterThan(180_000);
  });
});
