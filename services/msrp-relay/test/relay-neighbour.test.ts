import { describe, expect, it } from "@jest/globals";
import { authOf, givenCore, valuesIn } from "./given-core.js";
import { answerTo, givenRelay, sendOf } from "./given.js";
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
