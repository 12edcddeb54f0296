import { describe, expect, it } from "@jest/globals";
import { authOf, givenCore, valuesIn } from "./given-core.js";
import { bodiless, givenRelay, sendOf } from "./given.js";
import type { MemoryConnection } from "./memory-connections.js";

const relayUri = "msrps://alice@192.0.2.1;tcp";
const from = "msrps://client.invalid:9/alicesecret;tcp";

/** Lets promises that are settled be noticed. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function given(env: Record<string, string> = {}) {
  const relay = await givenRelay({ env });
  const core = await givenCore(relay.bus);
  return { ...relay, core };
}

async function ask(connection: MemoryConnection, text: string): Promise<string> {
  connection.feed(text);
  for (let turn = 0; turn < 20 && connection.written.length === 0; turn += 1) await settle();
  return connection.take();
}

async function challenged(connection: MemoryConnection, index = 0): Promise<string> {
  const answer = await ask(connection, authOf({ to: relayUri, from }));
  return valuesIn(answer, "WWW-Authenticate")[index] ?? "";
}

describe("RFC 4976 §6.3: MS-20, MS-23 AUTH", () => {
  it("is challenged, once for each algorithm, the strongest first, without what must not be there", async () => {
    const { connections } = await given();
    const answer = await ask(connections.arrive("tls"), authOf({ to: relayUri, from }));
    expect(answer).toContain(" 401 Unauthorized\r\n");
    expect(valuesIn(answer, "To-Path")).toEqual([from]);
    expect(valuesIn(answer, "WWW-Authenticate")).toEqual([
      'Digest realm="a.example", nonce="nonce1", algorithm=SHA-256, qop="auth"',
      'Digest realm="a.example", nonce="nonce1", algorithm=MD5, qop="auth"',
    ]);
  });

  it.each([0, 1])("MS-24 gives a URI of our own to who knows the password (challenge %i)", async (index) => {
    const { connections, core, grants } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection, index);
    const answer = await ask(connection, authOf({ to: relayUri, from, challenge }));
    expect(answer).toContain(" 200 OK\r\n");
    const [usePath = ""] = valuesIn(answer, "Use-Path");
    expect(usePath).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\/chance\d+;tcp$/);
    expect(valuesIn(answer, "Expires")).toEqual(["3600"]);
    expect(valuesIn(answer, "Authentication-Info")[0]).toMatch(
      /qop=auth, rspauth="[0-9a-f]+", cnonce="c0", nc=00000001/,
    );
    expect(core.asked.at(-1)).toBe(`AUTH a.example ${relayUri}`);
    expect(grants.size).toBe(1);
  });

  it("MS-29 is the same over WSS, and the path leads to where peers come by TCP", async () => {
    const { connections } = await given();
    const connection = connections.arrive("wss");
    const to = "msrps://alice@192.0.2.1:443;ws";
    const wsFrom = "msrps://x.invalid:2855/alicesecret;ws";
    const first = await ask(connection, authOf({ to, from: wsFrom }));
    const challenge = valuesIn(first, "WWW-Authenticate")[0] ?? "";
    const answer = await ask(connection, authOf({ to, from: wsFrom, challenge }));
    expect(valuesIn(answer, "Use-Path")[0]).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\/\S+;tcp$/);
  });

  it("says that a nonce is stale, and takes that for no failure", async () => {
    const { connections, core } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    core.staleNonce = core.nonce;
    core.nonce = "nonce2";
    for (let time = 0; time < 8; time += 1) {
      const answer = await ask(connection, authOf({ to: relayUri, from, challenge }));
      expect(valuesIn(answer, "WWW-Authenticate")[0]).toContain("stale=true");
    }
    expect(connection.closedBecause).toBeUndefined();
  });

  it("sends a client away that tries several passwords", async () => {
    const { connections } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    for (let time = 0; time < 5; time += 1) {
      expect(connection.closedBecause).toBeUndefined();
      const answer = await ask(connection, authOf({ to: relayUri, from, challenge, password: "guess" }));
      expect(answer).toContain(" 401 ");
    }
    expect(connection.closedBecause).toBe("closed");
  });

  it("is refused with 403 to a barred user, and where it could be overheard", async () => {
    const { connections, core } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    core.isBarred = true;
    expect(await ask(connection, authOf({ to: relayUri, from, challenge }))).toContain(
      " 403 This user is barred\r\n",
    );
    expect(await ask(connections.arrive("tcp"), authOf({ to: relayUri, from }))).toContain(" 403 Forbidden");
    expect(await ask(connections.arrive("ws"), authOf({ to: relayUri, from }))).toContain(" 403 Forbidden");
  });

  it("MS-29 is taken over plain WebSocket behind a proxy, and anywhere by setting", async () => {
    const proxied = await given({ MSRP_BEHIND_PROXY: "true" });
    expect(await ask(proxied.connections.arrive("ws"), authOf({ to: relayUri, from }))).toContain(" 401 ");
    expect(await ask(proxied.connections.arrive("tcp"), authOf({ to: relayUri, from }))).toContain(" 403 ");
    const plain = await given({ MSRP_AUTH_PLAIN: "true" });
    expect(await ask(plain.connections.arrive("tcp"), authOf({ to: relayUri, from }))).toContain(" 401 ");
  });

  it.each([
    ["1", " 423 Interval Out-of-Bounds", "Min-Expires", "60"],
    ["99999999", " 423 Interval Out-of-Bounds", "Max-Expires", "86400"],
    ["300", " 200 OK", "Expires", "300"],
    ["soon", " 400 ", "Expires", undefined],
  ])("MS-20 Expires: %s is answered%s", async (expires, status, field, value) => {
    const { connections } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    const answer = await ask(connection, authOf({ to: relayUri, from, challenge, expires }));
    expect(answer).toContain(status);
    expect(valuesIn(answer, field)).toEqual(value === undefined ? [] : [value]);
  });

  it("tells of a core that does not answer within the protocol, and goes on", async () => {
    const { connections, core } = await given();
    const connection = connections.arrive("tls");
    core.isGone = true;
    expect(await ask(connection, authOf({ to: relayUri, from }))).toContain(" 408 ");
    core.isGone = false;
    expect(await ask(connection, authOf({ to: relayUri, from }))).toContain(" 401 ");
  });

  it("MS-28 keeps the connection open, which would be closed for bringing nothing", async () => {
    const { connections, clock } = await given();
    const [idle, kept] = [connections.arrive("tls"), connections.arrive("tls")];
    await challenged(idle);
    const challenge = await challenged(kept);
    await ask(kept, authOf({ to: relayUri, from, challenge }));
    clock.advance(31_000);
    expect(idle.closedBecause).toContain("no request that anybody takes");
    expect(kept.closedBecause).toBeUndefined();
    for (let passed = 0; passed < 2 * 3_600; passed += 60) clock.advance(60_000);
    expect(kept.closedBecause).toBe("closed");
  });

  it("MS-25 sends a client away that sends what is for somebody else", async () => {
    const { connections } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    await ask(connection, authOf({ to: relayUri, from, challenge }));
    connection.feed(sendOf({ to: "msrps://other.example:2855/x;tcp", from }));
    expect(connection.closedBecause).toBe("a request for somebody else");
  });

  it("MS-24 a URI dies with the connection of its client, and when its time is over", async () => {
    const { connections, clock, grants } = await given();
    const connection = connections.arrive("tls");
    const peer = connections.arrive("tls");
    const grant = async () => {
      const challenge = await challenged(connection);
      const answer = await ask(connection, authOf({ to: relayUri, from, challenge, expires: "60" }));
      return valuesIn(answer, "Use-Path")[0] ?? "";
    };
    const send = (to: string) => bodiless(`${to} ${from}`, "msrp://bob.example:9/bob;tcp");
    const first = await grant();
    peer.feed(send(first));
    expect(connection.take()).toContain(`To-Path: ${from}\r\nFrom-Path: ${first} msrp://bob`);
    clock.advance(61_000);
    expect(peer.closedBecause).toBe("closed");
    expect(await ask(connections.arrive("tls"), send(first))).toContain(" 481 ");
    const second = await grant();
    connection.destroy("gone");
    expect(grants.size).toBe(0);
    expect(await ask(connections.arrive("tls"), send(second))).toContain(" 481 ");
  });

  it("is not looked at when too many wait for their answers on one connection", async () => {
    const { connections, core } = await given();
    const connection = connections.arrive("tls");
    connection.feed(authOf({ to: relayUri, from }).repeat(40));
    expect(connection.take().match(/ 408 /g)).toHaveLength(8);
    for (let turn = 0; turn < 20 && core.asked.length < 32; turn += 1) await settle();
    await settle();
    expect(connection.take().match(/ 401 /g)).toHaveLength(32);
    expect(await ask(connection, authOf({ to: relayUri, from }))).toContain(" 401 ");
  });

  it.each(["msrps://alice@192.0.2.9;tcp", "msrps://192.0.2.1:2856/no-such;tcp"])(
    "MS-25 is 481 where it is for somebody else: %s",
    async (to) => {
      const { connections } = await given();
      expect(await ask(connections.arrive("tls"), authOf({ to, from }))).toContain(" 481 ");
    },
  );

  it("is 400 in pieces, and forgotten when it breaks off", async () => {
    const { connections, core } = await given();
    const connection = connections.arrive("tls");
    const whole = authOf({ to: relayUri, from });
    expect(await ask(connection, whole.replace(/\$\r\n$/, "+\r\n"))).toContain(" 400 ");
    connection.feed(whole.slice(0, -8));
    connection.destroy("gone");
    await settle();
    expect(core.asked).toHaveLength(0);
  });

  it("is 408 for who has many URIs already, until one is over", async () => {
    const { connections, clock, grants } = await given();
    const connection = connections.arrive("tls");
    const challenge = await challenged(connection);
    const again = () => ask(connection, authOf({ to: relayUri, from, challenge, expires: "60" }));
    for (let time = 0; time < 256; time += 1) await again();
    expect(grants.size).toBe(256);
    expect(await again()).toContain(" 408 ");
    clock.advance(65_000);
    expect(await again()).toContain(" 200 OK");
  });
});
