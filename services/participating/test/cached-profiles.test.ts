import { describe, expect, it } from "@jest/globals";
import type { Bus } from "@heliograph/contracts";
import { FakeClock } from "@heliograph/testkit";
import { CachedProfiles } from "../src/adapters/cached-profiles.js";
import type { Party } from "../src/domain/decide-origination.js";
import { alice, bob, profileOf, settle } from "./given.js";

function given({ maxProfiles = 10 } = {}) {
  const clock = new FakeClock();
  const waiting: ((party: Party) => void)[] = [];
  const request = () => new Promise<Party>((resolve) => waiting.push(resolve));
  const bus = { request } as unknown as Pick<Bus, "request">;
  return { clock, waiting, profiles: new CachedProfiles({ bus, clock, maxProfiles, profileTtlMs: 60_000 }) };
}

const known: Party = { kind: "subscriber", profile: profileOf(alice) };
const changed: Party = { kind: "subscriber", profile: profileOf(alice, { isBarred: true }) };

describe("PF-20 profiles in memory", () => {
  it("asks once however many wait, and answers at once afterwards", async () => {
    const { profiles, waiting } = given();
    const both = [profiles.of(alice), profiles.of(alice)];
    expect(waiting).toHaveLength(1);
    waiting[0]?.(known);
    expect([await both[0], await both[1]]).toEqual([known, known]);
    expect(profiles.of(alice)).toEqual(known);
  });

  it("asks again after its time, or when the profile has changed", async () => {
    const { profiles, waiting, clock } = given();
    void profiles.of(alice);
    waiting[0]?.(known);
    await settle();
    clock.advance(60_001);
    expect(profiles.of(alice)).toBeInstanceOf(Promise);
    waiting[1]?.(known);
    await settle();
    profiles.forget(bob);
    expect(profiles.of(alice)).toEqual(known);
    profiles.forget(undefined);
    expect(profiles.of(alice)).toBeInstanceOf(Promise);
  });

  it("does not keep an answer that a change has overtaken", async () => {
    const { profiles, waiting } = given();
    const before = profiles.of(alice);
    profiles.forget(alice);
    const after = profiles.of(alice);
    waiting[1]?.(changed);
    waiting[0]?.(known);
    expect([await before, await after]).toEqual([known, changed]);
    expect(profiles.of(alice)).not.toEqual(known);
  });

  it("keeps a bounded number", async () => {
    const { profiles, waiting } = given({ maxProfiles: 1 });
    for (const [index, aor] of [alice, bob].entries()) {
      void profiles.of(aor);
      waiting[index]?.(known);
      await settle();
    }
    expect(profiles.of(alice)).toBeInstanceOf(Promise);
  });
});
