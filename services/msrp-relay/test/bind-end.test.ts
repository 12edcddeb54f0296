import { describe, expect, it } from "@jest/globals";
import {
  anchored,
  answerTo,
  bindOne,
  bodiless,
  described,
  givenRelay,
  givenSession,
  pathOf,
  sendOf,
  translated,
} from "./given.js";
import type { MemoryConnection } from "./memory-connections.js";

/** Lets promises that are settled be noticed. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("RFC 4975 §5.4: MS-06 the connection of an end", () => {
  it("is that of its first request; another one is told 506, what nobody knows 481", async () => {
    const relay = await givenRelay();
    const { alice } = await givenSession(relay);
    const other = relay.connections.arrive();
    other.feed(sendOf(alice, { tid: "other001" }));
    expect(other.take()).toContain("MSRP other001 506 ");
    other.feed(sendOf({ to: alice.to.replace("chance", "chanse"), from: alice.from }, { tid: "other002" }));
    expect(other.take()).toContain("MSRP other002 481 ");
    other.feed(sendOf(alice, { fields: ["Failure-Report: no"] }));
    expect(other.take()).toBe("");
    alice.connection.feed(bodiless(alice.to, alice.from));
    expect(alice.connection.take()).toContain(" 200 OK");
  });

  it.each([
    ["a URI that leads on", (to: string) => `${to} msrp://x:1/y;tcp`, 481],
    ["another port", (to: string) => to.replace(":2855", ":2854"), 481],
    ["another scheme", (to: string) => to.replace("msrp:", "msrps:"), 481],
    ["another transport", (to: string) => to.replace(";tcp", ";ws"), 481],
    ["no session", (to: string) => to.replace(/\/[^/;]+;/, ";"), 481],
    ["what is no URI", () => "msrp:nonsense", 400],
  ])("%s is not it", async (_, change, status) => {
    const relay = await givenRelay();
    const { alice } = await givenSession(relay);
    const other = relay.connections.arrive();
    other.feed(sendOf({ to: change(alice.to), from: alice.from }));
    expect(other.take()).toContain(` ${status} `);
  });

  it("MS-04 is found by its URI however that is written", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay);
    const to = alice.to.replace("msrp://", "MSRP://user@").replace(";tcp", ";TCP;x=1");
    alice.connection.feed(sendOf({ to, from: alice.from }));
    expect(bob.connection.take()).toContain("hello");
  });

  it("is only taken from whom the answer named", async () => {
    const relay = await givenRelay();
    const { alice } = await givenSession(relay, { binds: [] });
    alice.connection.feed(bodiless(alice.to, "msrp://192.0.2.10:9/stranger;tcp"));
    expect(alice.connection.take()).toContain(" 481 ");
    bindOne(alice);
  });

  it("MS-13 several sessions share connections, and the last one closes them", async () => {
    const relay = await givenRelay();
    const one = await givenSession(relay);
    const two = await givenSession(relay, { binds: [] });
    const shared = { ...two.alice, connection: one.alice.connection };
    bindOne(shared);
    bindOne(two.bob);
    shared.connection.feed(sendOf(shared, { body: "of two" }));
    expect(two.bob.connection.take()).toContain("of two");
    await relay.close(one.session);
    expect(one.alice.connection.closedBecause).toBeUndefined();
    expect(one.bob.connection.closedBecause).toBe("closed");
    await relay.close(two.session);
    expect(one.alice.connection.closedBecause).toBe("closed");
  });

  it("both ends may come over one connection", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay, { binds: [] });
    const { connection } = alice;
    bindOne(alice);
    bindOne({ ...bob, connection });
    connection.feed(sendOf(alice, { tid: "self0001" }));
    const received = connection.take();
    connection.feed(answerTo(received, 200));
    expect(connection.take()).toContain("MSRP self0001 200 ");
  });
});

describe("an end that is not there yet", () => {
  it("gets what was sent to it as soon as it is, in order", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay, { binds: ["caller"] });
    const whole = sendOf(alice, { tid: "cut00001", body: "two and three" });
    alice.connection.feed(sendOf(alice, { tid: "early001", body: "one" }) + whole.slice(0, -30));
    expect(alice.connection.take()).toBe("");
    expect(alice.connection.isPaused).toBe(false);
    bob.connection.feed(bodiless(bob.to, bob.from));
    alice.connection.feed(whole.slice(-30));
    const wire = bob.connection.take();
    expect(wire.indexOf("one")).toBeLessThan(wire.indexOf("two"));
    expect(wire.replace(/[^]*two/, "two")).toContain("two and three");
    bob.connection.feed(answerTo(wire.slice(wire.lastIndexOf("MSRP", wire.indexOf("one"))), 200, "OK"));
    expect(alice.connection.take()).toContain("MSRP early001 200 OK");
  });

  it("makes the sender wait when much is waiting", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay, { binds: ["caller"] });
    const whole = sendOf(alice, { body: "x".repeat(200_000), range: "1-*/200000" });
    for (let at = 0; at < whole.length; at += 16_384) alice.connection.feed(whole.slice(at, at + 16_384));
    expect(alice.connection.isPaused).toBe(true);
    bob.connection.feed(bodiless(bob.to, bob.from));
    expect(alice.connection.isPaused).toBe(false);
    await settle();
    expect(bob.connection.take().match(/x{2,}/g)?.join("")).toHaveLength(200_000);
  });

  it("MS-47 is told to be lost after 30 s, and what waited is answered 408, what comes 481", async () => {
    const relay = await givenRelay();
    const { alice } = await givenSession(relay, { binds: ["caller"] });
    alice.connection.feed(sendOf(alice, { tid: "waits001" }));
    relay.clock.advance(29_999);
    expect(alice.connection.take()).toBe("");
    relay.clock.advance(1);
    expect(alice.connection.take()).toContain("MSRP waits001 408 ");
    await settle();
    expect(relay.lost).toMatchObject([{ conversation: "c1", side: "callee", why: "not-bound" }]);
    alice.connection.feed(sendOf(alice, { tid: "late0001" }));
    expect(alice.connection.take()).toContain("MSRP late0001 481 ");
  });

  it("does not leave what waits unanswered when the session is closed", async () => {
    const relay = await givenRelay();
    const { session, alice } = await givenSession(relay, { binds: ["caller"] });
    alice.connection.feed(sendOf(alice, { tid: "waits001" }));
    await relay.close(session);
    expect(alice.connection.take()).toContain("MSRP waits001 408 ");
    expect(alice.connection.closedBecause).toBe("closed");
  });
});

describe("MS-47 an end whose connection closes", () => {
  it("may come back for a while, and gets what was sent meanwhile", async () => {
    const relay = await givenRelay();
    const { alice, bob } = await givenSession(relay);
    alice.connection.feed(sendOf(alice, { tid: "open0001" }));
    bob.connection.destroy("gone");
    expect(alice.connection.take()).toContain("MSRP open0001 408 ");
    alice.connection.feed(sendOf(alice, { body: "meanwhile" }));
    relay.clock.advance(1_999);
    const again = { ...bob, connection: relay.connections.arrive() };
    again.connection.feed(bodiless(again.to, again.from));
    expect(again.connection.take()).toContain("meanwhile");
    relay.clock.advance(60_000);
    await settle();
    expect(relay.lost).toEqual([]);
  });

  it("is told to be lost when it does not, once", async () => {
    const relay = await givenRelay();
    const { session, alice, bob } = await givenSession(relay);
    bob.connection.destroy("gone");
    relay.clock.advance(2_000);
    alice.connection.feed(sendOf(alice));
    expect(alice.connection.take()).toContain(" 481 ");
    const late = relay.connections.arrive();
    late.feed(bodiless(bob.to, bob.from));
    expect(late.take()).toContain(" 481 ");
    await settle();
    expect(relay.lost).toEqual([{ conversation: "c1", session, side: "callee", why: "connection-lost" }]);
  });

  it("ends every session that it carried", async () => {
    const relay = await givenRelay();
    const one = await givenSession(relay);
    const two = await givenSession(relay, { binds: ["caller"] });
    bindOne({ ...two.bob, connection: one.bob.connection });
    one.bob.connection.destroy("gone");
    relay.clock.advance(2_000);
    await settle();
    expect(relay.lost.map(({ side, why }) => [side, why])).toEqual([
      ["callee", "connection-lost"],
      ["callee", "connection-lost"],
    ]);
  });
});

describe("MS-14 an end that waits to be connected to", () => {
  /** Bob answers passive, at this place. */
  const passive = async (
    relay: Awaited<ReturnType<typeof givenRelay>>,
    more: string[] = [],
    secure = false,
  ) => {
    const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] })));
    const { session } = offered.anchor;
    const scheme = secure ? "msrps" : "msrp";
    const bob = described({
      user: "bob",
      host: "192.0.2.20",
      port: 4000,
      path: `${scheme}://192.0.2.20:4000/bobsecret;tcp`,
      protocol: secure ? "TCP/TLS/MSRP" : "TCP/MSRP",
      more: ["a=setup:passive", ...more],
    });
    const answer = translated(await relay.answer(session, "callee", bob, secure ? "tls" : "tcp"));
    await settle();
    return {
      session,
      toAlice: pathOf(answer),
      toBob: pathOf(secure ? offered.offers?.tls : offered.offers?.tcp),
    };
  };

  const only = (relay: Awaited<ReturnType<typeof givenRelay>>): MemoryConnection => {
    const [dialled] = relay.connections.dialled;
    if (dialled === undefined) throw new Error("nobody was called");
    return dialled.connection;
  };

  it("is connected to, and gets a SEND at once", async () => {
    const relay = await givenRelay();
    const { toBob, toAlice } = await passive(relay);
    expect(relay.connections.dialled.map(({ target }) => target)).toEqual([
      { transport: "tcp", host: "192.0.2.20", port: 4000, proof: { kind: "authority" } },
    ]);
    const hello = only(relay).take();
    expect(hello).toContain(`To-Path: msrp://192.0.2.20:4000/bobsecret;tcp\r\nFrom-Path: ${toBob}\r\n`);
    expect(hello).toContain("Byte-Range: 1-0/0\r\n-------");
    only(relay).feed(answerTo(hello, 200));
    const alice = {
      connection: relay.connections.arrive(),
      to: toAlice,
      from: "msrp://192.0.2.10:9/alicesecret;tcp",
    };
    bindOne(alice);
    alice.connection.feed(sendOf(alice));
    expect(only(relay).take()).toContain("hello");
  });

  it("MS-12 over TLS shows the certificate that its description names", async () => {
    const relay = await givenRelay();
    const digest = Array.from({ length: 32 }, () => "0A").join(":");
    await passive(relay, [`a=fingerprint:SHA-256 ${digest.toLowerCase()}`], true);
    expect(relay.connections.dialled.map(({ target }) => target)).toMatchObject([
      { transport: "tls", proof: { kind: "fingerprints", fingerprints: [{ hash: "sha-256", digest }] } },
    ]);
  });

  it("MS-13 is reached over the connection that is there", async () => {
    const relay = await givenRelay();
    await passive(relay);
    await passive(relay);
    expect(relay.connections.dialled).toHaveLength(1);
    expect(
      only(relay)
        .take()
        .match(/ SEND\r\n/g),
    ).toHaveLength(2);
  });

  it("MS-13 is reached over a connection that it opened itself, when it comes from where that leads", async () => {
    for (const [address, isReused] of [
      ["192.0.2.20", true],
      ["192.0.2.66", false],
    ] as const) {
      const relay = await givenRelay();
      const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] })));
      const from = "msrp://192.0.2.20:4000/other;tcp";
      const bob = described({
        user: "bob",
        path: from,
        host: "192.0.2.20",
        port: 4000,
        more: ["a=setup:active"],
      });
      translated(await relay.answer(offered.anchor.session, "callee", bob));
      const connection = relay.connections.arrive("tcp", address);
      bindOne({ connection, to: pathOf(offered.offers?.tcp), from });
      const { session } = await passive(relay);
      expect(relay.connections.dialled).toHaveLength(isReused ? 0 : 1);
      expect(connection.take().includes("To-Path: msrp://192.0.2.20:4000/bobsecret;tcp\r\n")).toBe(isReused);
      await relay.close(offered.anchor.session);
      expect(connection.closedBecause).toBe(isReused ? undefined : "closed");
      await relay.close(session);
      expect(connection.closedBecause).toBe("closed");
    }
  });

  it.each([481, 506])("that answers its first SEND with %s is lost", async (status) => {
    const relay = await givenRelay();
    await passive(relay);
    only(relay).feed(answerTo(only(relay).take(), status));
    relay.clock.advance(2_000);
    await settle();
    expect(relay.lost).toMatchObject([{ side: "callee", why: "connection-lost" }]);
  });

  it("MS-58 that cannot be reached is lost at once, and not tried without end", async () => {
    const relay = await givenRelay();
    relay.connections.outage = "refused";
    for (let attempt = 0; attempt < 7; attempt += 1) await passive(relay);
    await settle();
    expect(relay.lost).toHaveLength(7);
    expect(relay.metrics.text()).toContain("heliograph_msrp_relay_dials_failed_total 5\n");
    relay.connections.outage = undefined;
    await passive(relay);
    expect(relay.connections.dialled).toHaveLength(0);
    relay.clock.advance(60_000);
    await passive(relay);
    expect(relay.connections.dialled).toHaveLength(1);
  });

  it("and connects itself all the same, is taken", async () => {
    const relay = await givenRelay();
    relay.connections.connect = () => new Promise(() => undefined);
    const { toBob } = await passive(relay);
    bindOne({
      connection: relay.connections.arrive(),
      to: toBob,
      from: "msrp://192.0.2.20:4000/bobsecret;tcp",
    });
  });

  it("and is closed while it is called, closes the call", async () => {
    const relay = await givenRelay();
    const reached = relay.connections.connect.bind(relay.connections);
    let goOn: () => void = () => undefined;
    relay.connections.connect = async (target) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      return reached(target);
    };
    const { session } = await passive(relay);
    await relay.close(session);
    goOn();
    await settle();
    expect(only(relay).take()).toBe("");
    relay.clock.advance(1_000);
    expect(only(relay).closedBecause).toContain("no request");
  });
});

describe("a session that nobody uses", () => {
  it("is told to be idle, and is over when nobody minds", async () => {
    const relay = await givenRelay({ env: { MSRP_IDLE_MS: "60s" } });
    const { session, alice } = await givenSession(relay);
    relay.clock.advance(45_000);
    alice.connection.feed(bodiless(alice.to, alice.from));
    relay.clock.advance(45_000);
    await settle();
    expect(relay.lost).toEqual([]);
    relay.clock.advance(30_000);
    await settle();
    expect(relay.lost).toEqual([{ conversation: "c1", session, why: "idle" }]);
    relay.clock.advance(75_000);
    await settle();
    expect(relay.lost).toHaveLength(1);
    expect((await relay.check(session)).missing).toEqual([session]);
  });

  it("is over when its offer is never answered", async () => {
    const relay = await givenRelay();
    const { session } = anchored(await relay.anchor(described({}))).anchor;
    relay.clock.advance(330_000);
    await settle();
    expect(relay.lost).toMatchObject([{ session, why: "not-bound" }]);
    expect((await relay.check(session)).missing).toEqual([session]);
  });
});

describe("MS-17 a connection that belongs to no session", () => {
  it("is closed after 30 s, whatever it asks", async () => {
    const relay = await givenRelay();
    const idle = relay.connections.arrive();
    idle.feed(sendOf({ to: "msrp://192.0.2.1:2855/guess;tcp", from: "msrp://x:1/y;tcp" }));
    relay.clock.advance(29_999);
    expect(idle.closedBecause).toBeUndefined();
    relay.clock.advance(1);
    expect(idle.closedBecause).toContain("no request");
  });

  it("is closed when it does nothing but guess", async () => {
    const relay = await givenRelay();
    const guesser = relay.connections.arrive();
    for (let guess = 0; guess < 16; guess += 1)
      guesser.feed(sendOf({ to: `msrp://192.0.2.1:2855/guess${guess};tcp`, from: "msrp://x:1/y;tcp" }));
    expect(guesser.take().match(/ 481 /g)).toHaveLength(16);
    expect(guesser.closedBecause).toBe("closed");
  });
});
