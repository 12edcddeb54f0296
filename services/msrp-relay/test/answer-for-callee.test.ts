import { describe, expect, it } from "@jest/globals";
import { parseMsrpDescription } from "@heliograph/sdp";
import {
  anchored,
  answerTo,
  bindOne,
  bodiless,
  described,
  firstVersion,
  givenRelay,
  pathOf,
  policy,
  sendOf,
  text,
  translated,
} from "./given.js";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The one section of a description. */
function sectionOf(description: Uint8Array) {
  const read = parseMsrpDescription(description);
  const [media] = read.ok ? read.value.media : [];
  if (media?.kind !== "msrp") throw new Error("no message session");
  return media;
}

const versionOf = (description: Uint8Array) => Number(/^o=\S+ \S+ (\d+)/m.exec(text(description))?.[1]);

/** Alice's offer is answered, and she is there; Bob is not. */
async function givenWaiting(more: readonly string[] = ["a=setup:active"]) {
  const relay = await givenRelay();
  const { anchor, offers } = anchored(await relay.anchor(described({ more })));
  const { session } = anchor;
  const early = translated(await relay.answerForCallee(session));
  const alice = {
    connection: relay.connections.arrive("tcp"),
    to: pathOf(early),
    from: "msrp://192.0.2.10:9/alicesecret;tcp",
  };
  const bobFrom = "msrp://192.0.2.20:9/bobsecret;tcp";
  const bob = { connection: relay.connections.arrive("tcp"), to: pathOf(offers?.tcp), from: bobFrom };
  const bobAnswers = (said: readonly string[] = []) =>
    relay.answer(
      session,
      "callee",
      described({ user: "bob", host: "192.0.2.20", path: bobFrom, more: ["a=setup:active", ...said] }),
    );
  return { relay, session, early, alice, bob, bobAnswers };
}

describe("PF-07 an answer before there is a callee", () => {
  it("names our end, any type, the largest message, and the direction that was offered", async () => {
    const { early } = await givenWaiting(["a=setup:active", "a=sendonly", "a=file-selector"]);
    expect(sectionOf(early)).toMatchObject({
      line: { protocol: "TCP/MSRP", port: 2855 },
      acceptTypes: ["*"],
      acceptWrappedTypes: [],
      maxSize: policy.maxMessageBytes,
      direction: "recvonly",
      setup: "passive",
    });
    expect(versionOf(early)).toBe(firstVersion);
    expect(text(early)).not.toContain("file-selector");
  });

  it("refuses what the relay refuses", async () => {
    const relay = await givenRelay();
    const offer = described({ more: ["a=setup:active"], after: ["m=audio 4000 RTP/AVP 0"] });
    const { session } = anchored(await relay.anchor(offer)).anchor;
    expect(text(translated(await relay.answerForCallee(session)))).toContain("m=audio 0 RTP/AVP 0");
  });

  it("is there for an open offer of the caller alone", async () => {
    const { relay, session, bobAnswers } = await givenWaiting();
    await bobAnswers();
    expect(await relay.answerForCallee(session)).toMatchObject({ kind: "refused", status: 488 });
    expect(await relay.answerForCallee("nobody's")).toEqual({ kind: "no-such-session" });
  });

  it("what the caller sends is answered by the callee and by nobody before", async () => {
    const { relay, alice, bob, bobAnswers } = await givenWaiting();
    bindOne(alice);
    alice.connection.feed(sendOf(alice, { tid: "early001", body: "at once" }));
    relay.clock.advance(20_000);
    expect(alice.connection.take()).toBe("");
    await bobAnswers();
    expect(alice.connection.take()).toBe("");
    bob.connection.feed(bodiless(bob.to, bob.from));
    const wire = bob.connection.take();
    expect(wire).toContain("at once");
    expect(alice.connection.take()).toBe("");
    bob.connection.feed(answerTo(wire.slice(wire.lastIndexOf("MSRP", wire.indexOf("at once"))), 200, "OK"));
    expect(alice.connection.take()).toContain("MSRP early001 200 ");
  });

  it("MS-11 holds a little, then the caller is not read any more", async () => {
    const { alice, bob, bobAnswers } = await givenWaiting();
    bindOne(alice);
    const whole = sendOf(alice, { body: "x".repeat(500_000), range: "1-*/500000" });
    let fed = 0;
    for (; fed < whole.length && !alice.connection.isPaused; fed += 16_384)
      alice.connection.feed(whole.slice(fed, fed + 16_384));
    expect(fed).toBeLessThanOrEqual(65_536 + 2 * 16_384);
    await bobAnswers();
    expect(alice.connection.isPaused).toBe(true);
    bob.connection.feed(bodiless(bob.to, bob.from));
    expect(alice.connection.isPaused).toBe(false);
    alice.connection.feed(whole.slice(fed));
    await settle();
    expect(bob.connection.take().match(/x{2,}/g)?.join("")).toHaveLength(500_000);
  });

  it("what waits is refused when nobody comes", async () => {
    const { relay, session, alice } = await givenWaiting();
    bindOne(alice);
    alice.connection.feed(sendOf(alice, { tid: "waits001" }));
    await relay.close(session);
    expect(alice.connection.take()).toContain("MSRP waits001 408 ");
  });

  it("a caller who does not come is told to be lost", async () => {
    const { relay } = await givenWaiting();
    relay.clock.advance(30_000);
    await settle();
    expect(relay.lost).toMatchObject([{ side: "caller", why: "not-bound" }]);
  });

  it("rfc3264#8 a later offer of the callee has the version after it", async () => {
    const { relay, session, early, bobAnswers } = await givenWaiting();
    const late = translated(await bobAnswers());
    expect(sectionOf(late).acceptTypes).toEqual(["message/cpim", "text/plain"]);
    const bob = described({ user: "bob", host: "192.0.2.20", more: ["a=setup:active"] });
    const offered = translated(await relay.offer(session, "callee", bob));
    expect(versionOf(offered)).toBe(versionOf(early) + 1);
    expect(pathOf(offered)).toBe(pathOf(early));
  });
});
