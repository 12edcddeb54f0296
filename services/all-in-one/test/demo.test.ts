import { describe, expect, it } from "@jest/globals";
import { type DemoSituation, decideDemo } from "../src/domain/demo.js";

const fits: DemoSituation = {
  isWanted: true,
  isAllEmbedded: true,
  addresses: ["127.0.0.1", "::1", "127.0.0.53", "localhost"],
};

describe("whether there are demo users", () => {
  it.each<[string, Partial<DemoSituation>, boolean]>([
    ["embedded and on loopback", {}, true],
    ["not wanted", { isWanted: false }, false],
    ["a part is not embedded", { isAllEmbedded: false }, false],
    ["one listener of several is not on loopback", { addresses: ["127.0.0.1", "192.0.2.1"] }, false],
    ["listening everywhere", { addresses: ["0.0.0.0"] }, false],
    ["listening everywhere, IPv6", { addresses: ["::"] }, false],
    ["an address that only looks like loopback", { addresses: ["127.0.0.1.example.com"] }, false],
  ])("%s", (_, changes, expected) => {
    expect(decideDemo({ ...fits, ...changes })).toBe(expected);
  });
});
