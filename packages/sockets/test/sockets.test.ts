import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { FakeClock, selfSigned } from "@heliograph/testkit";
import {
  bind,
  hostText,
  isLoopback,
  listening,
  openStream,
  openWebSocket,
  plainAddress,
  presenting,
  reachableAddress,
  unbind,
  WebSocketDoor,
  type WebSocketDoorOptions,
} from "../src/index.js";

const patience = { clock: new TimerWheel(), connectMs: 5_000 };
const loopback = { address: "127.0.0.1", port: 0 };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function givenDoor(options: Partial<WebSocketDoorOptions> = {}) {
  const seen = { refused: 0 };
  const door = new WebSocketDoor({
    subprotocol: "sip",
    tls: undefined,
    handshakeMs: 2_000,
    origins: undefined,
    limits: { maxPayload: 1_024 },
    admit: () => undefined,
    onRefused: () => (seen.refused += 1),
    onOpen: (webSocket) => webSocket.send("welcome"),
    ...options,
  });
  const port = await door.open(loopback);
  ends.push(() => door.close());
  return { port, seen };
}

/** The status of an answer to a handshake that offers `subprotocol`. */
async function statusOf(port: number, headers: Record<string, string>): Promise<number | undefined> {
  const asked = request({ host: "127.0.0.1", port, headers: { ...handshake, ...headers } });
  asked.end();
  asked.on("upgrade", (_response, socket) => socket.destroy());
  const [response] = (await Promise.race([once(asked, "response"), once(asked, "upgrade")])) as [
    { statusCode?: number; resume(): void },
  ];
  response.resume();
  return response.statusCode;
}

const handshake = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("rfc6455 §4.2 a door for WebSockets", () => {
  it("opens for its subprotocol, and loses nothing of what comes at once", async () => {
    const { port } = await givenDoor();
    const target = { url: `ws://127.0.0.1:${port}`, subprotocol: "sip" };
    const { webSocket } = await openWebSocket(target, undefined, patience);
    await new Promise((resolve) => setTimeout(resolve, 50));
    webSocket.resume();
    const [message] = (await once(webSocket, "message")) as [Buffer];
    expect(message.toString()).toBe("welcome");
    webSocket.terminate();
  });

  it("opens over TLS", async () => {
    const identity = await selfSigned();
    const { port } = await givenDoor({ tls: listening(identity, false) });
    const target = { url: `wss://127.0.0.1:${port}`, subprotocol: "sip" };
    const { webSocket } = await openWebSocket(target, { ...presenting({ ca: identity.ca }) }, patience);
    webSocket.terminate();
    await expect(openWebSocket(target, {}, patience)).rejects.toThrow("self-signed certificate");
  });

  it("says that it is no page: 426", async () => {
    const { port, seen } = await givenDoor();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(response.status).toBe(426);
    expect(await response.text()).toBe("SIP over WebSocket lives here.\n");
    expect(seen.refused).toBe(1);
  });

  it.each([
    ["another subprotocol", { "Sec-WebSocket-Protocol": "chat" }, 400],
    ["no subprotocol", {}, 400],
    ["a page from elsewhere", { "Sec-WebSocket-Protocol": "sip", Origin: "https://evil.example" }, 403],
    ["a page that may", { "Sec-WebSocket-Protocol": "chat, sip", Origin: "https://im.example" }, 101],
  ] as const)("answers %s", async (_what, headers, status) => {
    const { port } = await givenDoor({ origins: ["https://im.example"] });
    expect(await statusOf(port, headers)).toBe(status);
  });
});

describe("a connection is opened within a time", () => {
  it("is given up when nobody answers", async () => {
    const clock = new FakeClock();
    const silent = createServer((socket) => ends.push(() => socket.destroy()));
    const port = await bind(silent, loopback);
    ends.push(() => unbind(silent));
    const opening = openStream({ host: "127.0.0.1", port }, {}, { clock, connectMs: 500 });
    await once(silent, "connection");
    clock.advance(501);
    await expect(opening).rejects.toThrow("no connection within 500 ms");
  });

  it("says why it was refused", async () => {
    const server = createServer();
    const port = await bind(server, loopback);
    await unbind(server);
    const to = { host: "127.0.0.1", port };
    await expect(openStream(to, undefined, patience)).rejects.toThrow("ECONNREFUSED");
  });

  it("is not bound to a port that somebody has", async () => {
    const first = createServer();
    const port = await bind(first, loopback);
    ends.push(() => unbind(first));
    await expect(bind(createServer(), { address: "127.0.0.1", port })).rejects.toThrow("EADDRINUSE");
  });
});

describe("who we are over TLS", () => {
  it("is said by whoever listens", () => {
    expect(() => listening({}, false)).toThrow("needs a key and a certificate");
    expect(listening({ key: "k", cert: "c" }, true)).toMatchObject({
      requestCert: true,
      rejectUnauthorized: false,
    });
  });

  it("names no authority where the system's are trusted", () => {
    expect(presenting({ key: "k", cert: "c" })).toEqual({ key: "k", cert: "c", minVersion: "TLSv1.2" });
  });
});

describe("addresses as text", () => {
  it("rfc5118 §4.5 puts an IPv6 address in brackets, without its zone", () => {
    expect(hostText("fe80::1%eth0")).toBe("[fe80::1]");
    expect(hostText("192.0.2.1")).toBe("192.0.2.1");
  });

  it("takes an IPv4-mapped address for IPv4", () => {
    expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(isLoopback("::ffff:127.0.0.1")).toBe(true);
    expect(isLoopback("192.0.2.1")).toBe(false);
  });

  it("names one address where a socket listens at all of them", () => {
    expect(reachableAddress("192.0.2.1")).toBe("192.0.2.1");
    expect(["0.0.0.0", "::"]).not.toContain(reachableAddress("0.0.0.0"));
  });
});
