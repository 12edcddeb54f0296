import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { advertisedPoints } from "../src/adapters/advertised-points.js";
import { SystemNames } from "../src/adapters/system-names.js";

describe("MS-15 RFC 6714 §4.4 names are resolved before they are compared", () => {
  it("to all of their addresses, and to none where there are none", async () => {
    const clock = new FakeClock();
    const found = await new SystemNames(clock).addressesOf(["localhost", "no-such-name.invalid"]);
    expect(found.get("localhost")?.some((address) => address === "127.0.0.1" || address === "::1")).toBe(
      true,
    );
    expect(found.get("no-such-name.invalid")).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it("or given up", async () => {
    const clock = new FakeClock();
    const asked = new SystemNames(clock).addressesOf(["no-such-name.invalid"]);
    clock.advance(2_000);
    expect((await asked).size).toBe(0);
  });

  it("nothing is looked up where nothing is asked", async () => {
    expect((await new SystemNames(new FakeClock()).addressesOf([])).size).toBe(0);
  });
});

describe("where ends are told to come", () => {
  const listeners = ["127.0.0.1", "0.0.0.0"].map((address) => ({
    transport: "tcp" as const,
    address,
    port: 1,
  }));

  it("is the operator's name, or an address that can be reached", () => {
    expect(advertisedPoints(listeners, ["relay.example.com", "other"]).map(({ host }) => host)).toEqual([
      "relay.example.com",
      "relay.example.com",
    ]);
    const [own, everywhere] = advertisedPoints(listeners, []);
    expect(own?.host).toBe("127.0.0.1");
    expect(everywhere?.host).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(everywhere?.host).not.toBe("0.0.0.0");
  });
});
