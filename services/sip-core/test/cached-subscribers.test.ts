import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@heliograph/testkit";
import { CachedSubscribers } from "../src/adapters/cached-subscribers.js";
import type { Subscriber } from "../src/domain/subscriber.js";

function subscriber(aor: string): Subscriber {
  const profile = { aor, isBarred: false, services: [], disabled: [], allowsAnonymous: true };
  return { profile: { ...profile, whenOffline: "defer", whenOnline: "deliver" }, credentials: "" };
}

function given(read?: (aors: readonly string[]) => Promise<ReadonlyMap<string, Subscriber>>) {
  const asked: (readonly string[])[] = [];
  const clock = new FakeClock();
  clock.advance(1);
  const known = async (aors: readonly string[]) =>
    new Map(aors.filter((aor) => !aor.includes("nobody")).map((aor) => [aor, subscriber(aor)]));
  const cache = new CachedSubscribers({
    clock,
    maxSubscribers: 1_000,
    read: (aors) => {
      asked.push(aors);
      return (read ?? known)(aors);
    },
  });
  return { cache, asked, clock };
}

describe("subscribers that are remembered", () => {
  it("are read together when they are missed together, each once", async () => {
    const { cache, asked } = given();
    const aors = ["sip:a@x", "sip:b@x", "sip:a@x", "sip:nobody@x"];
    const found = await Promise.all(aors.map((aor) => cache.of(aor)));
    expect(found.map((one) => one?.profile.aor)).toEqual(["sip:a@x", "sip:b@x", "sip:a@x", undefined]);
    expect(asked).toEqual([["sip:a@x", "sip:b@x", "sip:nobody@x"]]);
  });

  it("are read in batches of at most 500 in a storm", async () => {
    const { cache, asked } = given();
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => cache.of(`sip:${index}@x`)));
    expect(asked.map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it("are read again when they were forgotten, or have grown old: who is unknown sooner", async () => {
    const { cache, asked, clock } = given();
    const both = () => Promise.all([cache.of("sip:a@x"), cache.of("sip:nobody@x")]);
    await both();
    await both();
    expect(asked).toHaveLength(1);
    clock.advance(11_000);
    await both();
    expect(asked[1]).toEqual(["sip:nobody@x"]);
    cache.forget("sip:a@x");
    await cache.of("sip:a@x");
    cache.forget(undefined);
    await both();
    expect(asked.slice(2)).toEqual([["sip:a@x"], ["sip:a@x", "sip:nobody@x"]]);
  });

  it("are not remembered when they changed while they were read", async () => {
    const { cache, asked } = given();
    const reading = cache.of("sip:a@x");
    await new Promise((resolve) => setImmediate(resolve));
    cache.forget("sip:a@x");
    await reading;
    await cache.of("sip:a@x");
    expect(asked.length).toBeGreaterThanOrEqual(1);
  });

  it("fail for who asked while the database is away, and are asked for again", async () => {
    let isAway = true;
    const { cache } = given(async () => {
      if (isAway) throw new Error("away");
      return new Map();
    });
    await expect(cache.of("sip:a@x")).rejects.toThrow("away");
    isAway = false;
    expect(await cache.of("sip:a@x")).toBeUndefined();
  });
});
