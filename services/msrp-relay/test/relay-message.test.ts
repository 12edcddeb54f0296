import { describe, expect, it } from "@jest/globals";
import { authOf, givenCore, valuesIn } from "./given-core.js";
import {
  anchored,
  answerTo,
  bodiless,
  described,
  givenRelay,
  pathOf,
  sendOf,
  text,
  tidOf,
  translated,
} from "./given.js";
import type { MemoryConnection } from "./memory-connections.js";

const relayUri = "msrps://alice@192.0.2.1;tcp";
const aliceUri = "msrps://alice.invalid:9/alicesecret;tcp";
const bobUri = "msrp://bob.example:7777/bobsecret;tcp";

/** Lets promises that are settled be noticed. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function received(connection: MemoryConnection): Promise<string> {
  for (let turn = 0; turn < 20 && connection.written.length === 0; turn += 1) await settle();
  return connection.take();
}

/** A relay with a client, who has a URI there. */
async function given(
  options: { readonly transport?: "tls" | "wss"; readonly env?: Record<string, string> } = {},
) {
  const relay = await givenRelay({ env: options.env ?? {} });
  await givenCore(relay.bus);
  const alice = relay.connections.arrive(options.transport ?? "tls");
  const use = await becomeKnown(alice, aliceUri);
  return { ...relay, alice, use, out: { to: `${use} ${bobUri}`, from: aliceUri } };
}

async function becomeKnown(connection: MemoryConnection, from: string): Promise<string> {
  connection.feed(authOf({ to: relayUri, from }));
  const challenge = valuesIn(await received(connection), "WWW-Authenticate")[0] ?? "";
  connection.feed(authOf({ to: relayUri, from, challenge }));
  return valuesIn(await received(connection), "Use-Path")[0] ?? "";
}

/** The same with a peer to whom the first SEND has opened a connection. */
async function givenPeer(options: Parameters<typeof given>[0] = {}) {
  const relay = await given(options);
  relay.alice.feed(bodiless(relay.out.to, relay.out.from));
  for (let turn = 0; turn < 20 && relay.connections.dialled.length === 0; turn += 1) await settle();
  const bob = relay.connections.dialled[0]?.connection;
  if (bob === undefined) throw new Error("nobody was called");
  const hello = await received(bob);
  bob.feed(answerTo(hello, 200));
  relay.alice.take();
  return { ...relay, bob, hello };
}

describe("RFC 4976 §6.4: MS-21 a SEND from the client", () => {
  it("goes to the next hop with its path shifted, its own tid and its body as it was", async () => {
    const { bob, hello, use, connections } = await givenPeer();
    expect(connections.dialled[0]?.target).toMatchObject({
      transport: "tcp",
      host: "bob.example",
      port: 7777,
    });
    expect(hello).toContain(`SEND\r\nTo-Path: ${bobUri}\r\nFrom-Path: ${use} ${aliceUri}\r\n`);
    expect(bob.take()).toBe("");
  });

  it("MS-26 is answered at once, hop by hop, and the answer of the next hop ends there", async () => {
    const { alice, bob, use, out } = await givenPeer();
    alice.feed(sendOf(out, { tid: "one00001", fields: ["Success-Report: yes"], range: "1-5/5" }));
    expect(alice.take()).toBe(
      `MSRP one00001 200 OK\r\nTo-Path: ${aliceUri}\r\nFrom-Path: ${use}\r\n-------one00001$\r\n`,
    );
    const wire = bob.take();
    expect(tidOf(wire)).not.toBe("one00001");
    expect(wire).toContain("Success-Report: yes\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
    bob.feed(answerTo(wire, 200));
    expect(alice.take()).toBe("");
  });

  it.each([
    ["yes", 413, true, true],
    ["partial", 413, false, true],
    ["no", 413, false, false],
  ])(
    "MS-26 Failure-Report %s: what the next hop refuses is reported",
    async (kind, status, is200, isReported) => {
      const { alice, bob, use, out } = await givenPeer();
      const fields = [`Failure-Report: ${kind}`];
      alice.feed(sendOf(out, { messageId: "mid4", fields, range: "6-10/20", flag: "+" }));
      expect(alice.take().includes(" 200 OK")).toBe(is200);
      bob.feed(answerTo(bob.take(), status, "Too Large"));
      const report = alice.take();
      if (!isReported) return expect(report).toBe("");
      expect(report).toContain(`REPORT\r\nTo-Path: ${aliceUri}\r\nFrom-Path: ${use}\r\n`);
      expect(report).toContain("Message-ID: mid4\r\nByte-Range: 6-10/20\r\nStatus: 000 413 Too Large\r\n");
    },
  );

  it("MS-26 tells of a next hop that is silent for 30 s from the last octet on, of `partial` nothing", async () => {
    const { alice, bob, out, clock } = await givenPeer();
    alice.feed(sendOf(out, { messageId: "mid5", range: "1-5/5" }));
    alice.feed(sendOf(out, { messageId: "mid6", fields: ["Failure-Report: partial"] }));
    alice.take();
    bob.take();
    clock.advance(29_000);
    expect(alice.take()).toBe("");
    clock.advance(2_000);
    const report = alice.take();
    expect(report).toContain("Message-ID: mid5\r\nByte-Range: 1-5/5\r\nStatus: 000 408 ");
    expect(report).not.toContain("mid6");
  });

  it("MS-26 tells of a next hop that is lost on the way, and of one that cannot be reached", async () => {
    const { alice, bob, out, connections } = await givenPeer();
    alice.feed(sendOf(out, { messageId: "mid7" }));
    alice.take();
    bob.destroy("gone");
    expect(alice.take()).toContain("Status: 000 408 ");
    connections.outage = "nobody there";
    alice.feed(sendOf(out, { tid: "late0001" }));
    expect(await received(alice)).toContain("MSRP late0001 408 ");
  });

  it("goes on as it comes, held back by who reads slowly, and lets what is short past", async () => {
    const { alice, bob, out } = await givenPeer();
    const whole = sendOf(out, { tid: "big00001", body: "x".repeat(60_000), range: "1-*/60000" });
    alice.feed(whole.slice(0, 20_000));
    await settle();
    expect(bob.take().length).toBeGreaterThan(18_000);
    bob.isFull = true;
    alice.feed(whole.slice(20_000, 40_000));
    expect(alice.isPaused).toBe(true);
    bob.isFull = false;
    bob.drain();
    expect(alice.isPaused).toBe(false);
    bob.take();
    alice.feed(whole.slice(40_000));
    expect(bob.take()).toMatch(/\$\r\n$/);
    expect(alice.take()).toContain("MSRP big00001 200 OK");
  });

  it("MS-11 is ended with # when its sender goes away in the middle", async () => {
    const { alice, bob, out } = await givenPeer();
    alice.feed(sendOf(out, { body: "x".repeat(9_000), range: "1-*/9000" }).slice(0, 5_000));
    await settle();
    alice.destroy("gone");
    expect(bob.take()).toMatch(/#\r\n$/);
  });

  it("is 400 where it cannot be understood", async () => {
    const { alice, out } = await givenPeer();
    alice.feed(sendOf(out, { tid: "bad00001", range: "9-3/1" }));
    expect(alice.take()).toContain("MSRP bad00001 400 ");
  });
});

describe("MS-21 a request to the client", () => {
  it("goes over the connection of its AUTH, from whomever it comes", async () => {
    const { alice, use, connections } = await given();
    const stranger = connections.arrive("tls");
    stranger.feed(sendOf({ to: `${use} ${aliceUri}`, from: bobUri }, { tid: "in000001" }));
    expect(stranger.take()).toContain("MSRP in000001 200 OK");
    expect(alice.take()).toContain(`SEND\r\nTo-Path: ${aliceUri}\r\nFrom-Path: ${use} ${bobUri}\r\n`);
    alice.feed(sendOf({ to: `${use} ${bobUri}`, from: aliceUri }, { body: "back" }));
    expect(stranger.take()).toContain("back");
    expect(connections.dialled).toHaveLength(0);
  });

  it("MS-22 is cut into whole chunks for a WebSocket", async () => {
    const { alice, use, connections } = await given({ transport: "wss" });
    const peer = connections.arrive("tls");
    peer.feed(
      sendOf({ to: `${use} ${aliceUri}`, from: bobUri }, { body: "y".repeat(150_000), range: "1-*/150000" }),
    );
    const ranges = alice.written.flatMap((one) => valuesIn(one, "Byte-Range"));
    expect(ranges).toEqual(["1-65536/150000", "65537-131072/150000", "131073-150000/150000"]);
    for (const one of alice.written) expect(one).toMatch(/^MSRP [^]*-------\S+[+$]\r\n$/);
  });

  it("MS-27 REPORT is forwarded and never answered", async () => {
    const { alice, bob, use } = await givenPeer();
    const report = `MSRP rep00001 REPORT\r\nTo-Path: ${use} ${aliceUri}\r\nFrom-Path: ${bobUri}\r\nMessage-ID: mid9\r\nByte-Range: 1-5/5\r\nStatus: 000 200 OK\r\n-------rep00001$\r\n`;
    bob.feed(report);
    expect(bob.take()).toBe("");
    expect(alice.take()).toContain(
      `REPORT\r\nTo-Path: ${aliceUri}\r\nFrom-Path: ${use} ${bobUri}\r\nMessage-ID: mid9\r\nByte-Range: 1-5/5\r\nStatus: 000 200 OK\r\n`,
    );
  });
});

describe("RFC 4976 §6.4: MS-25 what is not forwarded", () => {
  it("is what neither comes from the client nor goes there", async () => {
    const { use, connections } = await given();
    const stranger = connections.arrive("tls");
    stranger.feed(sendOf({ to: `${use} ${bobUri}`, from: aliceUri }, { tid: "out00001" }));
    expect(stranger.take()).toContain("MSRP out00001 403 ");
    stranger.feed(sendOf({ to: use, from: bobUri }, { tid: "out00002" }));
    expect(stranger.take()).toContain("MSRP out00002 481 ");
    stranger.feed(sendOf({ to: `${use} ${use} ${bobUri}`, from: aliceUri }, { tid: "out00003" }));
    expect(stranger.take()).toContain("MSRP out00003 403 ");
    expect(connections.dialled).toHaveLength(0);
  });

  it.each([
    ["the discard port", "msrp://bob.example:9/b;tcp"],
    ["no port", "msrp://bob.example/b;tcp"],
    ["WebSocket", "msrps://bob.invalid:2855/b;ws"],
    ["what is no URI", "msrp:bob"],
  ])("goes nowhere by %s", async (_, next) => {
    const { alice, use, connections } = await given();
    alice.feed(sendOf({ to: `${use} ${next}`, from: aliceUri }, { tid: "no000001" }));
    expect(await received(alice)).toContain("MSRP no000001 408 ");
    expect(connections.dialled).toHaveLength(0);
  });
});

describe("MS-58 a client that would have many places called", () => {
  it("has sixteen at the same time, and no more than sixteen in a session", async () => {
    const { alice, use, connections } = await given();
    const place = (index: number) => `msrp://p${index}.example:7000/x;tcp`;
    const send = (index: number) =>
      alice.feed(sendOf({ to: `${use} ${place(index)}`, from: aliceUri }, { tid: `place${index}` }));
    for (let index = 0; index < 20; index += 1) send(index);
    expect(valuesIn(alice.take(), "To-Path")).toHaveLength(4);
    for (let turn = 0; turn < 20 && connections.dialled.length < 16; turn += 1) await settle();
    await settle();
    send(20);
    expect(await received(alice)).toContain(" 200 OK");
    for (let turn = 0; turn < 20 && connections.dialled.length < 17; turn += 1) await settle();
    expect(await received(alice)).toContain("MSRP place20 408 ");
    expect(connections.dialled[16]?.connection.closedBecause).toBe("closed");
  });
});

describe("RFC 4976 §6.4.2: MS-27 other requests", () => {
  it("AUTH goes on to the next relay, which is found by its name, and its response comes back", async () => {
    const { alice, use, connections } = await given();
    const next = "msrps://extra.example;tcp";
    alice.feed(authOf({ to: `${use} ${next}`, from: aliceUri }));
    for (let turn = 0; turn < 20 && connections.dialled.length === 0; turn += 1) await settle();
    const [dialled] = connections.dialled;
    expect(dialled?.target).toMatchObject({
      transport: "tls",
      host: "srv.extra.example",
      port: 9_000,
      proof: { kind: "authority", name: "extra.example" },
    });
    if (dialled === undefined) return;
    const wire = await received(dialled.connection);
    expect(wire).toContain(`AUTH\r\nTo-Path: ${next}\r\nFrom-Path: ${use} ${aliceUri}\r\n`);
    const tid = tidOf(wire);
    dialled.connection.feed(
      `MSRP ${tid} 401 Unauthorized\r\nTo-Path: ${use} ${aliceUri}\r\nFrom-Path: ${next}\r\nWWW-Authenticate: Digest realm="x", nonce="n", qop="auth"\r\n-------${tid}$\r\n`,
    );
    const answer = alice.take();
    expect(answer).toContain(` 401 Unauthorized\r\nTo-Path: ${aliceUri}\r\nFrom-Path: ${use} ${next}\r\n`);
    expect(answer).toContain("WWW-Authenticate: Digest");
  });

  it("MS-23 passwords cannot be tried at another relay for long either", async () => {
    const { alice, use, bob } = await givenPeer();
    const challenge = 'Digest realm="x", nonce="n", qop="auth"';
    for (let time = 0; time < 5; time += 1) {
      expect(alice.closedBecause).toBeUndefined();
      alice.feed(authOf({ to: `${use} ${bobUri}`, from: aliceUri, challenge }));
      const tid = tidOf(bob.take());
      bob.feed(
        `MSRP ${tid} 401 No\r\nTo-Path: ${use} ${aliceUri}\r\nFrom-Path: ${bobUri}\r\nWWW-Authenticate: ${challenge}\r\n-------${tid}$\r\n`,
      );
    }
    expect(alice.closedBecause).toBe("closed");
  });

  it("methods that the relay does not know are forwarded, with their bodies", async () => {
    const { alice, bob, out } = await givenPeer();
    alice.feed(sendOf(out, { method: "NICKNAME", body: "nick" }));
    const wire = bob.take();
    expect(wire).toContain(" NICKNAME\r\n");
    expect(wire).toContain("\r\n\r\nnick\r\n");
    alice.feed(sendOf(out, { tid: "large001", method: "NICKNAME", body: "n".repeat(11_000) }));
    expect(alice.take()).toContain("MSRP large001 400 ");
  });

  it("responses that are not for us first, or for nobody after us, are dropped", async () => {
    const { alice, bob, use, out } = await givenPeer();
    for (const toPath of [`msrps://other.example:1/x;tcp ${aliceUri}`, use]) {
      alice.feed(sendOf(out, { method: "NICKNAME" }));
      const tid = tidOf(bob.take());
      bob.feed(`MSRP ${tid} 200 OK\r\nTo-Path: ${toPath}\r\nFrom-Path: ${bobUri}\r\n-------${tid}$\r\n`);
      expect(alice.take()).toBe("");
    }
  });

  it("one whose next hop is lost is answered 408", async () => {
    const { alice, bob, out } = await givenPeer();
    alice.feed(sendOf(out, { tid: "nick0001", method: "NICKNAME" }));
    bob.destroy("gone");
    expect(alice.take()).toContain("MSRP nick0001 408 ");
  });
});

describe("MS-24 paths that stay within the relay", () => {
  it("lead from one client to another", async () => {
    const { alice, use, connections } = await given();
    const carol = connections.arrive("tls");
    const carolUri = "msrps://carol.invalid:9/carolsecret;tcp";
    const carolUse = await becomeKnown(carol, carolUri);
    alice.feed(sendOf({ to: `${use} ${carolUse} ${carolUri}`, from: aliceUri }, { body: "inside" }));
    const wire = await received(carol);
    expect(wire).toContain(`To-Path: ${carolUri}\r\nFrom-Path: ${carolUse} ${use} ${aliceUri}\r\n`);
    carol.feed(answerTo(wire, 200));
    carol.feed(sendOf({ to: `${carolUse} ${use} ${aliceUri}`, from: carolUri }, { body: "answer" }));
    alice.take();
    expect(await received(alice)).toContain("answer");
    expect(connections.dialled).toHaveLength(0);
  });

  it.each(["active", "passive"] as const)(
    "PF-08 lead to an end that is anchored here, whoever connects (client %s)",
    async (setup) => {
      const { alice, use, connections, anchor, answer } = await given();
      const path = `${use} ${aliceUri}`;
      const more = [`a=setup:${setup === "active" ? "active" : "passive"}`];
      const offer = described({ protocol: "TCP/TLS/MSRP", path, host: "192.0.2.1", port: 2856, more });
      const { anchor: at, offers } = anchored(await anchor(offer));
      const bobSdp = described({
        user: "bob",
        path: bobUri,
        host: "bob.example",
        port: 7777,
        more: ["a=setup:active"],
      });
      const reply = translated(await answer(at.session, "callee", bobSdp));
      const end = pathOf(reply);
      expect(text(reply)).toContain("TCP/TLS/MSRP");
      const bob = connections.arrive("tcp");
      bob.feed(bodiless(pathOf(offers?.tcp), bobUri));
      if (setup === "active") alice.feed(bodiless(`${use} ${end}`, aliceUri));
      alice.feed(sendOf({ to: `${use} ${end}`, from: aliceUri }, { tid: "anch0001", body: "through both" }));
      bob.take();
      const wire = await received(bob);
      expect(wire).toContain("through both");
      bob.feed(answerTo(wire, 200));
      bob.feed(sendOf({ to: pathOf(offers?.tcp), from: bobUri }, { tid: "back0001", body: "and back" }));
      alice.take();
      let all = "";
      for (let turn = 0; turn < 20 && !all.includes("and back"); turn += 1) all += await received(alice);
      expect(all).toContain(`To-Path: ${aliceUri}\r\nFrom-Path: ${use} ${end}\r\n`);
      expect(connections.dialled).toHaveLength(0);
    },
  );

  it("hold back who sends faster than the far end reads", async () => {
    const { alice, use, connections, anchor, answer } = await given();
    const path = `${use} ${aliceUri}`;
    const more = ["a=setup:active"];
    const offer = described({ protocol: "TCP/TLS/MSRP", path, host: "192.0.2.1", port: 2856, more });
    const { anchor: at, offers } = anchored(await anchor(offer));
    const bobSdp = described({ user: "bob", path: bobUri, host: "bob.example", port: 7777, more });
    const end = pathOf(translated(await answer(at.session, "callee", bobSdp)));
    const bob = connections.arrive("tcp");
    bob.feed(bodiless(pathOf(offers?.tcp), bobUri));
    bob.isFull = true;
    const total = 2_000_000;
    const whole = sendOf(
      { to: `${use} ${end}`, from: aliceUri },
      { body: "z".repeat(total), range: `1-*/${total}` },
    );
    let fed = 0;
    for (; fed < whole.length && !alice.isPaused; fed += 16_384) {
      alice.feed(whole.slice(fed, fed + 16_384));
      await settle();
    }
    expect(fed).toBeLessThan(600_000);
    bob.isFull = false;
    bob.drain();
    await settle();
    expect(alice.isPaused).toBe(false);
    for (; fed < whole.length; fed += 16_384) {
      alice.feed(whole.slice(fed, fed + 16_384));
      await settle();
    }
    expect(bob.take().match(/z+/g)?.join("")).toHaveLength(total);
  });
});
