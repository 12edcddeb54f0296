import { describe, expect, it } from "@jest/globals";
import { authOf, givenCore, valuesIn } from "./given-core.js";
import { anchored, answerTo, bodiless, described, givenRelay, pathOf, sendOf, translated } from "./given.js";
import type { MemoryConnection } from "./memory-connections.js";

const relayUri = "msrps://alice@192.0.2.1;tcp";
const innerUri = "msrps://inner.example:2855/aliceuse;tcp";
const aliceUri = "msrps://alice.invalid:9/alicesecret;tcp";
const bobUri = "msrp://bob.example:7777/bobsecret;tcp";
const path = `${innerUri} ${aliceUri}`;

const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function received(connection: MemoryConnection): Promise<string> {
  for (let turn = 0; turn < 20 && connection.written.length === 0; turn += 1) await settle();
  return connection.take();
}

/** A connection whose far end has shown a certificate. */
function shown(connection: MemoryConnection, name = "inner.example", isTrusted = true): MemoryConnection {
  connection.peerCertificate = { names: [name], isTrusted, digest: () => undefined };
  return connection;
}

async function becomeKnown(connection: MemoryConnection): Promise<string> {
  connection.feed(authOf({ to: relayUri, from: path }));
  const challenge = valuesIn(await received(connection), "WWW-Authenticate")[0] ?? "";
  connection.feed(authOf({ to: relayUri, from: path, challenge }));
  return valuesIn(await received(connection), "Use-Path")[0] ?? "";
}

/** A client that comes through the relay inner.example. */
async function given(certificate: { readonly name?: string; readonly isTrusted?: boolean } = {}) {
  const relay = await givenRelay({ env: { MSRP_RELAYS: "Inner.example" } });
  await givenCore(relay.bus);
  const inner = shown(relay.connections.arrive("tls"), certificate.name, certificate.isTrusted);
  const usePath = await becomeKnown(inner);
  return { ...relay, inner, usePath, use: usePath.split(" ").at(-1) ?? "" };
}

describe("RFC 4976 §6.3: MS-24 a client behind another relay", () => {
  it("gets the path through that relay, in the order of its To-Path", async () => {
    const { usePath, use } = await given();
    expect(usePath).toBe(`${innerUri} ${use}`);
    expect(use).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\//);
  });

  it("MS-28 is heard and reached over any connection to that relay, of which a new one is opened", async () => {
    const { inner, use, connections, grants } = await given();
    inner.destroy("gone");
    expect(grants.size).toBe(1);
    const bob = connections.arrive("tcp");
    bob.feed(sendOf({ to: `${use} ${path}`, from: bobUri }, { body: "to alice" }));
    for (let turn = 0; turn < 20 && connections.dialled.length === 0; turn += 1) await settle();
    const [dialled] = connections.dialled;
    expect(dialled?.target).toMatchObject({
      transport: "tls",
      host: "inner.example",
      port: 2855,
      proof: { kind: "authority", name: "inner.example" },
    });
    if (dialled === undefined) return;
    const wire = await received(dialled.connection);
    expect(wire).toContain(`To-Path: ${path}\r\nFrom-Path: ${use} ${bobUri}\r\n`);
    dialled.connection.feed(answerTo(wire, 200));
    const again = shown(connections.arrive("tls"));
    for (const body of ["one", "two"]) {
      again.feed(sendOf({ to: `${use} ${bobUri}`, from: path }, { body }));
      expect(await received(bob)).toContain(body);
    }
  });

  it.each([
    ["of another name", { name: "other.example", isTrusted: true }],
    ["that nobody vouches for", { name: "inner.example", isTrusted: false }],
  ])("MS-28 is bound to its connection where the relay shows a certificate %s", async (_, certificate) => {
    const { inner, use, connections, grants } = await given(certificate);
    const other = shown(connections.arrive("tls"), certificate.name, certificate.isTrusted);
    other.feed(sendOf({ to: `${use} ${bobUri}`, from: path }, { tid: "other001" }));
    expect(other.take()).toContain("MSRP other001 403 ");
    inner.destroy("gone");
    expect(grants.size).toBe(0);
  });
});

describe("RFC 4976 §6.3: MS-23, MS-25 patience with a relay", () => {
  it("is not closed for wrong passwords", async () => {
    const { inner } = await given();
    inner.feed(authOf({ to: relayUri, from: path }));
    const challenge = valuesIn(await received(inner), "WWW-Authenticate")[0] ?? "";
    for (let time = 0; time < 8; time += 1) {
      inner.feed(authOf({ to: relayUri, from: path, challenge, password: "guess" }));
      expect(await received(inner)).toContain(" 401 ");
    }
    expect(inner.closedBecause).toBeUndefined();
  });

  it("what it sends for somebody else is discarded, and reported to the sender who wants to know", async () => {
    const { inner } = await given();
    const astray = { to: `msrps://other.example:1/x;tcp ${bobUri}`, from: path };
    inner.feed(sendOf(astray, { messageId: "mid1", range: "1-5/5" }));
    const report = inner.take();
    expect(report).toContain(`REPORT\r\nTo-Path: ${path}\r\n`);
    expect(report).toContain("Message-ID: mid1\r\nByte-Range: 1-5/5\r\nStatus: 000 481 ");
    inner.feed(sendOf(astray, { fields: ["Failure-Report: no"] }));
    inner.feed(sendOf(astray, { method: "NICKNAME" }));
    expect(inner.take()).toBe("");
    expect(inner.closedBecause).toBeUndefined();
  });
});

describe("PF-08 an end of an anchored session behind a relay of its own", () => {
  it("MS-12 MS-28 is reached over that relay, whose certificate is not that of the description", async () => {
    const relay = await givenRelay();
    const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] })));
    const digest = Array.from({ length: 32 }, () => "AB").join(":");
    const more = ["a=setup:passive", `a=fingerprint:SHA-256 ${digest}`];
    const sdp = described({
      user: "bob",
      protocol: "TCP/TLS/MSRP",
      host: "inner.example",
      port: 2855,
      path,
      more,
    });
    await relay.answer(offered.anchor.session, "callee", sdp, "tls");
    for (let turn = 0; turn < 20 && relay.connections.dialled.length === 0; turn += 1) await settle();
    const [dialled] = relay.connections.dialled;
    expect(dialled?.target).toMatchObject({
      transport: "tls",
      host: "inner.example",
      proof: { kind: "authority" },
    });
    expect(dialled?.connection.take()).toContain(`SEND\r\nTo-Path: ${path}\r\n`);
  });

  it("MS-22 may be a WebSocket client of this very relay that was called", async () => {
    const relay = await givenRelay();
    await givenCore(relay.bus);
    const bob = relay.connections.arrive("wss");
    const bobUri = "msrps://bob.invalid:2855/bobsecret;ws";
    bob.feed(authOf({ to: relayUri, from: bobUri }));
    const challenge = valuesIn(await received(bob), "WWW-Authenticate")[0] ?? "";
    bob.feed(authOf({ to: relayUri, from: bobUri, challenge }));
    const use = valuesIn(await received(bob), "Use-Path")[0] ?? "";
    const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] })));
    const end = pathOf(offered.offers?.ws);
    const sdp = described({
      user: "bob",
      protocol: "TCP/TLS/MSRP",
      host: "192.0.2.1",
      port: 2856,
      path: `${use} ${bobUri}`,
      more: ["a=setup:active"],
    });
    const answer = translated(await relay.answer(offered.anchor.session, "callee", sdp, "ws"));
    bob.feed(bodiless(`${use} ${end}`, bobUri));
    const alice = relay.connections.arrive("tcp");
    const from = "msrp://192.0.2.10:9/alicesecret;tcp";
    alice.feed(bodiless(pathOf(answer), from));
    await settle();
    bob.take();
    alice.feed(sendOf({ to: pathOf(answer), from }, { body: "to the page" }));
    expect(await received(bob)).toContain("to the page");
  });
});
