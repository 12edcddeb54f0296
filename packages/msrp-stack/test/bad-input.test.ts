import { once } from "node:events";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { closeAll, givenConnections, Heard, rawTcp, rawWebSocket, send, until } from "./given.js";

afterEach(closeAll);

let server: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
});

const second = 1_000;

describe("what a peer may make grow", () => {
  it("MS-17 closes a connection without any whole request for 30 s", async () => {
    const { connections, accepted, clock, portOf } = await givenConnections();
    const silent = await rawTcp(portOf());
    const slow = await rawTcp(portOf());
    const good = await rawTcp(portOf());
    slow.send(send().slice(0, 60));
    good.send(send());
    await until(() => accepted.some(({ heard }) => heard.flags.length === 1));
    clock.advance(29 * second);
    expect(connections.snapshot.openConnections).toBe(3);
    clock.advance(3 * second);
    await Promise.all([silent.closed, slow.closed]);
    expect(connections.snapshot).toMatchObject({ openConnections: 1, slowSendersClosed: 2 });
    expect(accepted.map(({ closed }) => closed)).toContain("no whole request came in time");
  });

  it("closes a connection whose head does not end in time, and none that sends heads all the time", async () => {
    const { connections, accepted, clock, portOf } = await givenConnections();
    const slow = await rawTcp(portOf());
    slow.send(`${send()}M`);
    await until(() => accepted[0]?.heard.flags.length === 1);
    const busy = await rawTcp(portOf());
    let rest = send();
    for (let count = 1; count <= 33; count += 1) {
      const next = send();
      busy.send(rest + next.slice(0, 40));
      rest = next.slice(40);
      await until(() => accepted[1]?.heard.flags.length === count);
      clock.advance(second);
    }
    await slow.closed;
    expect(accepted[0]?.closed).toBe("a head did not end in time");
    expect(connections.snapshot).toMatchObject({ openConnections: 1, slowSendersClosed: 1 });
  });

  it("never holds more of a head than its limit", async () => {
    const { connections, accepted, portOf } = await givenConnections();
    const peer = await rawTcp(portOf());
    peer.send(`MSRP abcd1234 SEND\r\nTo-Path: ${"x".repeat(100_000)}`);
    await peer.closed;
    expect(accepted[0]?.heard.broken).toBe("head size");
    await until(() => connections.snapshot.openConnections === 0);
    expect(connections.snapshot.brokenClosed).toBe(1);
  });

  it("lets in no more connections than allowed, in all and of one address", async () => {
    const limits = { maxConnections: 3, maxConnectionsPerSource: 2 };
    const { connections, portOf } = await givenConnections({ limits });
    await rawTcp(portOf());
    const two = await rawTcp(portOf());
    const three = await rawTcp(portOf());
    await three.closed;
    expect(connections.snapshot).toMatchObject({ accepted: 2, refusedOfSource: 1 });
    two.socket.destroy();
    await until(() => connections.snapshot.openConnections === 1);
    await rawTcp(portOf());
    await until(() => connections.snapshot.accepted === 3);
  });

  it("counts no addresses behind a proxy", async () => {
    const limits = { maxConnections: 3, maxConnectionsPerSource: 1 };
    const listen = [{ transport: "ws", address: "0.0.0.0", port: 0, isBehindProxy: true }] as const;
    const { connections, portOf } = await givenConnections({ limits, listen });
    for (let count = 0; count < 3; count += 1) await rawWebSocket(`ws://127.0.0.1:${portOf("ws")}`);
    await expect(rawWebSocket(`ws://127.0.0.1:${portOf("ws")}`)).rejects.toThrow();
    expect(connections.snapshot).toMatchObject({ accepted: 3, refused: 1, refusedOfSource: 0 });
  });

  it("cuts off whoever does not read, when its user writes on nevertheless", async () => {
    const limits = { maxQueuedBytes: 8 << 20 };
    const { connections, accepted, portOf } = await givenConnections({ limits });
    const peer = await rawTcp(portOf());
    peer.socket.pause();
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    const connection = accepted[0]?.connection;
    const piece = Buffer.alloc(1 << 20);
    for (let count = 0; count < 40 && accepted[0]?.closed === undefined; count += 1) {
      connection?.write(piece);
      await new Promise(setImmediate);
    }
    expect(accepted[0]?.closed).toBe("the peer does not read what it is sent");
    expect(connections.snapshot).toMatchObject({ slowReadersClosed: 1, openConnections: 0 });
  });

  it("MS-16 closes a connection on which nothing leaves for minutes while something waits", async () => {
    const { connections, accepted, clock, portOf } = await givenConnections();
    const peer = await rawTcp(portOf());
    peer.socket.pause();
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    while (accepted[0]?.connection.write(Buffer.alloc(1 << 20))) await new Promise(setImmediate);
    await new Promise(setImmediate);
    clock.advance(60 * second);
    expect(connections.snapshot.openConnections).toBe(1);
    clock.advance(300 * second);
    expect(connections.snapshot).toMatchObject({ slowReadersClosed: 1, openConnections: 0 });
  });
});

describe("back-pressure", () => {
  for (const transport of ["tcp", "tls", "ws", "wss"] as const) {
    it(`says over ${transport} when enough is waiting, and when it has left`, async () => {
      const { accepted, portOf } = await givenConnections({ transports: [transport], tls: server });
      const { connections } = await givenConnections({ transports: [], tls: { ca: server.ca } });
      const connection = await connections.connect({ transport, host: "127.0.0.1", port: portOf(transport) });
      connection.start(new Heard());
      let drained = 0;
      connection.onDrained(() => (drained += 1));
      const body = Buffer.alloc(100_000, "x");
      const chunk = Buffer.from(send({ body: body.toString() }));
      let chunks = 0;
      connection.write(Buffer.from(send()));
      await until(() => accepted[0]?.heard.flags.length === 1);
      accepted[0]?.connection.pause();
      do {
        await new Promise(setImmediate);
        chunks += 1;
      } while (connection.write(chunk));
      expect(connection.queuedBytes).toBeGreaterThanOrEqual(262_144);
      expect(connection.queuedBytes).toBeLessThan(600_000);
      expect(drained).toBe(0);
      accepted[0]?.connection.resume();
      await until(() => drained === 1);
      await until(() => accepted[0]?.heard.flags.length === chunks + 1);
      expect(accepted[0]?.heard.bytes).toBe(5 + chunks * body.length);
    });
  }

  it("sends what is written at one go together, and in its order", async () => {
    const { accepted, portOf } = await givenConnections();
    const peer = await rawTcp(portOf());
    let pieces = 0;
    peer.socket.on("data", () => (pieces += 1));
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    const texts = Array.from({ length: 500 }, (_, index) => send({ body: "y".repeat(index * 20) }));
    const connection = accepted[0]?.connection;
    connection?.cork();
    for (const text of texts) connection?.write(Buffer.from(text));
    await new Promise(setImmediate);
    expect(peer.arrivals.bytes).toBe(0);
    connection?.uncork();
    const whole = texts.join("");
    await until(() => peer.arrivals.bytes === whole.length);
    expect(peer.arrivals.text === whole).toBe(true);
    expect(pieces).toBeLessThan(200);
  });
});

describe("closing", () => {
  it("closes when what is queued has left, and answers a peer that has closed its half", async () => {
    const { accepted, portOf } = await givenConnections();
    const peer = await rawTcp(portOf(), { allowHalfOpen: true });
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    const last = send({ body: "z".repeat(3_000_000) });
    accepted[0]?.connection.write(Buffer.from(last));
    peer.socket.end();
    await until(() => peer.arrivals.bytes === last.length);
    await until(() => accepted[0]?.closed === "the peer closed the connection");
    expect(accepted[0]?.connection.write(Buffer.from("late"))).toBe(false);
  });

  it("gives a peer that does not close its side a few seconds", async () => {
    const { accepted, clock, portOf } = await givenConnections();
    const peer = await rawTcp(portOf(), { allowHalfOpen: true });
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    accepted[0]?.connection.close();
    accepted[0]?.connection.close();
    await once(peer.socket, "end");
    peer.send(send());
    clock.advance(3 * second);
    expect(accepted[0]?.closed).toBeUndefined();
    clock.advance(4 * second);
    expect(accepted[0]?.closed).toBe("the peer does not close its side");
    expect(accepted[0]?.heard.flags.length).toBe(1);
  });

  it("tells of the close of a connection that was reset, also who asks late", async () => {
    const { accepted, portOf } = await givenConnections();
    const peer = await rawTcp(portOf());
    peer.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    peer.socket.resetAndDestroy();
    await until(() => accepted[0]?.closed !== undefined);
    let late: string | undefined;
    accepted[0]?.connection.onClosed((reason) => (late = reason));
    expect(late).toBe(accepted[0]?.closed);
  });

  it("costs one connection when a sink throws, and no more", async () => {
    const thrown: unknown[] = [];
    const { connections, accepted, portOf } = await givenConnections({
      startsAtOnce: false,
      onException: (cause) => thrown.push(cause),
    });
    const peer = await rawTcp(portOf());
    await until(() => accepted.length === 1);
    const sink = new Heard();
    sink.onHead = () => {
      throw new Error("a bug");
    };
    accepted[0]?.connection.start(sink);
    expect(() => accepted[0]?.connection.start(sink)).toThrow("started once");
    peer.send(send());
    await peer.closed;
    expect(connections.snapshot).toMatchObject({ exceptions: 1, openConnections: 0 });
    expect(String(thrown[0])).toContain("a bug");
  });

  it("takes no more connections while those that are open stay", async () => {
    const { connections, accepted, portOf } = await givenConnections({ transports: ["tcp", "ws"] });
    const peer = await rawTcp(portOf("tcp"));
    const browser = await rawWebSocket(`ws://127.0.0.1:${portOf("ws")}`);
    await until(() => accepted.length === 2);
    await connections.stopListening();
    await expect(rawTcp(portOf("tcp"))).rejects.toThrow("ECONNREFUSED");
    peer.send(send());
    browser.socket.send(send());
    await until(() => accepted.every(({ heard }) => heard.flags.length === 1));
  });

  it("closes a connection that nobody takes", async () => {
    const { connections, portOf } = await givenConnections();
    connections.onConnection(() => {
      throw new Error("a bug");
    });
    const peer = await rawTcp(portOf());
    await peer.closed;
    expect(connections.snapshot.exceptions).toBe(1);
  });
});

describe("RFC 7977 MSRP over WebSocket", () => {
  async function given(options: Parameters<typeof givenConnections>[0] = {}) {
    const { transports = ["ws"], ...rest } = options;
    const listening = await givenConnections({ transports, ...rest });
    return { ...listening, url: `ws://127.0.0.1:${listening.portOf("ws")}` };
  }

  it("MS-22 MUST agree on the msrp sub-protocol (§4.1)", async () => {
    const { url } = await given();
    const client = await rawWebSocket(url, ["chat", "msrp"]);
    expect(client.socket.protocol).toBe("msrp");
  });

  for (const [what, protocols] of [
    ["without any sub-protocol", []],
    ["without the msrp sub-protocol", ["sip"]],
  ] as const) {
    it(`MS-22 refuses a handshake ${what}`, async () => {
      const { connections, url } = await given();
      const client = new WebSocket(url, [...protocols]);
      const [error] = await once(client, "error").catch((cause: unknown) => [cause]);
      expect(String(error)).toContain("400");
      expect(connections.snapshot).toMatchObject({ handshakesRefused: 1, openConnections: 0 });
    });
  }

  it("MS-29 allows the origin that a page has (§7)", async () => {
    const { url } = await given();
    const page = await rawWebSocket(url, "msrp", { origin: "https://im.example" });
    expect(page.headers["access-control-allow-origin"]).toBe("https://im.example");
    const other = await rawWebSocket(url);
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("takes pages of known origins alone, where they are named", async () => {
    const listen = [
      { transport: "ws", address: "127.0.0.1", port: 0, origins: ["https://im.example"] },
    ] as const;
    const { url } = await given({ listen });
    await rawWebSocket(url, "msrp", { origin: "https://im.example" });
    await expect(rawWebSocket(url, "msrp", { origin: "https://evil.example" })).rejects.toThrow("403");
  });

  it("MS-22 listens without TLS on loopback and behind a proxy alone (§5.1)", async () => {
    const listen = [{ transport: "ws", address: "0.0.0.0", port: 0 }] as const;
    await expect(givenConnections({ listen })).rejects.toThrow("plain WebSocket");
  });

  it("answers 426 to what is no WebSocket", async () => {
    const { connections, portOf } = await given();
    const client = await rawTcp(portOf());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => client.arrivals.text.startsWith("HTTP/1.1 426 "));
    expect(connections.snapshot.handshakesRefused).toBe(1);
  });

  it("MS-22 MUST accept both text and binary frames, and takes both for octets (§4.2)", async () => {
    const { accepted, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(send({ body: "text" }));
    client.socket.send(Buffer.from(send({ body: "\xff\xfe" }), "latin1"), { binary: false });
    client.socket.send(Buffer.from(send({ body: "\xff\xfe" }), "latin1"));
    await until(() => accepted[0]?.heard.flags.length === 3);
    expect(accepted[0]?.heard.bodies).toEqual(["text", "\xff\xfe", "\xff\xfe"]);
  });

  it("MS-22 sends one chunk in each message, as text where it is text (§4.2, §5.1)", async () => {
    const { accepted, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(send());
    await until(() => accepted[0]?.heard.flags.length === 1);
    const [text, octets] = [send({ body: "t" }), send({ body: "\xff" })];
    accepted[0]?.connection.write(Buffer.from(text, "latin1"));
    accepted[0]?.connection.write(Buffer.from(octets, "latin1"));
    await until(() => client.messages.length === 2);
    expect(client.messages).toEqual([
      { text, isBinary: false },
      { text: octets, isBinary: true },
    ]);
  });

  it("R-msrp-stack-1 reads a chunk in frames and messages split anywhere", async () => {
    const { accepted, url } = await given();
    const client = await rawWebSocket(url);
    const chunk = send({ body: "split\r\n-------anywhere" });
    for (let at = 1; at < chunk.length; at += 1) {
      client.socket.send(chunk.slice(0, at), { fin: false });
      client.socket.send(chunk.slice(at), { fin: true });
    }
    for (const octet of chunk) client.socket.send(octet, { fin: false });
    client.socket.send("", { fin: true });
    for (let at = 1; at < chunk.length; at += 1) {
      client.socket.send(chunk.slice(0, at));
      client.socket.send(chunk.slice(at));
    }
    const count = 2 * chunk.length - 1;
    await until(() => accepted[0]?.heard.flags.length === count);
    expect(new Set(accepted[0]?.heard.bodies)).toEqual(new Set(["split\r\n-------anywhere"]));
  });

  it("closes with 1009 on a message above the limit", async () => {
    const { connections, url } = await given({ limits: { maxWebSocketMessageBytes: 10_000 } });
    const client = await rawWebSocket(url);
    client.socket.send(send({ body: "x".repeat(20_000) }));
    expect(await client.closed).toBe(1009);
    await until(() => connections.snapshot.openConnections === 0);
  });

  it("MS-16 closes a connection whose peer answers no Ping, and keeps one that does (§6)", async () => {
    const { connections, accepted, clock, url } = await given();
    const alive = await rawWebSocket(url);
    const dead = await rawWebSocket(url, "msrp", { autoPong: false });
    alive.socket.send(send());
    dead.socket.send(send());
    await until(() => accepted.filter(({ heard }) => heard.flags.length === 1).length === 2);
    for (let round = 0; round < 3; round += 1) {
      const pinged = once(alive.socket, "ping");
      clock.advance(31 * second);
      await pinged;
      // What comes after the Pong tells that it has come.
      alive.socket.send(send());
      await until(() => accepted.some(({ heard }) => heard.flags.length === round + 2));
    }
    expect(await dead.closed).toBe(1006);
    expect(connections.snapshot).toMatchObject({ openConnections: 1, silentClosed: 1 });
  });
});
