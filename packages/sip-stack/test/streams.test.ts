import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createResponse, type Flow, type IncomingRequest } from "@heliograph/sip";
import {
  answerTo,
  closeAll,
  givenStack,
  header,
  message,
  outgoing,
  rawStream,
  rawTcp,
  rawUdp,
  until,
} from "./given.js";

const servers: Server[] = [];

afterEach(async () => {
  await closeAll();
  for (const server of servers.splice(0)) server.close();
});

/** A TCP server with nothing of SIP in it; gives each connection as it comes. */
async function rawServer(port = 0) {
  const sockets: ReturnType<typeof rawStream>[] = [];
  const server = createServer((socket: Socket) => sockets.push(rawStream(socket)));
  servers.push(server);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const accepted = async (index = 0) => {
    await until(() => sockets.length > index);
    const socket = sockets[index];
    if (!socket) throw new Error("no connection");
    return socket;
  };
  return { port: typeof address === "object" ? (address?.port ?? 0) : 0, sockets, accepted };
}

const tcpVia = (branch: string, sentBy = "client.invalid") => `SIP/2.0/TCP ${sentBy};branch=z9hG4bK${branch}`;

describe("RFC 3261 §18.2.2 responses over TCP", () => {
  it("GEN-38 MUST send the response on the connection that the request came on", async () => {
    const { received, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("1") }));
    const response = await client.next();
    expect(response).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(header(response, "Via")).toMatch(/;received=127\.0\.0\.1$/);
    expect(received[0]?.flow).toMatchObject({ transport: "tcp", remotePort: client.socket.localPort });
  });

  it("SHOULD open a connection to received and the sent-by port when that connection is gone", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const server = await rawServer();
    const waiting: IncomingRequest[] = [];
    stack.onRequest((incoming) => waiting.push(incoming));
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("2", `client.invalid:${server.port}`) }));
    await until(() => waiting.length === 1);
    client.socket.destroy();
    await until(() => stack.snapshot.openConnections === 0);
    const request = waiting[0]?.request;
    if (request) waiting[0]?.respond(createResponse(request, 200, { toTag: "late" }));
    expect(await (await server.accepted()).next()).toMatch(/^SIP\/2\.0 200 OK/);
  });

  it("D-sip-stack-2 leaves it at that when nobody takes the new connection", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const waiting: IncomingRequest[] = [];
    stack.onRequest((incoming) => waiting.push(incoming));
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("3", "localhost:1") }));
    await until(() => waiting.length === 1);
    client.socket.destroy();
    await until(() => stack.snapshot.openConnections === 0);
    const request = waiting[0]?.request;
    if (request) waiting[0]?.respond(createResponse(request, 200, { toTag: "late" }));
    await until(() => stack.snapshot.connectsFailed === 1);
  });
});

describe("RFC 3261 §18.3 framing of streams", () => {
  it("finds messages however they are cut", async () => {
    const { received, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    const bytes = Buffer.from(
      message({ via: tcpVia("4") }) + message({ via: tcpVia("5"), body: "x".repeat(5000) }),
    );
    for (let at = 0; at < bytes.length; at += 997) {
      client.send(bytes.subarray(at, at + 997));
      await new Promise(setImmediate);
    }
    await until(() => received.length === 2);
    expect(received[1]?.request.body.length).toBe(5000);
  });

  it("answers 400 to a Content-Length that is none, and closes", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("6") }).replace("Content-Length: 5", "Content-Length: five"));
    expect(await client.next()).toMatch(/^SIP\/2\.0 400 /);
    await client.closed;
    expect(stack.snapshot).toMatchObject({ malformedAnswered: 1, openConnections: 0 });
  });

  it("answers a message without Content-Length with 400, and closes", async () => {
    const { port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("7"), contentLength: -1 }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 400 /);
    await client.closed;
  });

  it("answers 513 to a message above the limit before it has it all, and closes", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("8"), contentLength: 400_000_000 }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 (?:413|513) /);
    await client.closed;
    expect(stack.snapshot.openConnections).toBe(0);
  });

  it("closes on a header bomb, with memory bounded", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send("MESSAGE sip:bob@127.0.0.1 SIP/2.0\r\n");
    const bomb = `X-Bomb: ${"b".repeat(8_000)}\r\n`;
    for (let sent = 0; sent < 100 && client.isOpen(); sent += 1) {
      client.send(bomb);
      await new Promise(setImmediate);
    }
    await client.closed;
    expect(stack.snapshot.openConnections).toBe(0);
  });

  it("closes on bytes that are not SIP", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0\0");
    await client.closed;
    await until(() => stack.snapshot.openConnections === 0);
    expect(stack.snapshot.malformedDropped).toBe(1);
  });

  it("answers 400 to a malformed message whose end is known, and goes on", async () => {
    const { port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("9") }).replace("CSeq: 1 MESSAGE", "CSeq: one MESSAGE"));
    expect(await client.next()).toMatch(/^SIP\/2\.0 400 /);
    client.send(message({ via: tcpVia("10") }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200 /);
  });
});

describe("RFC 5626 §4.4.1 and §5.4 keep-alive with CRLF", () => {
  it("GEN-28 MUST answer a double CRLF with a single one at once", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send("\r\n\r\n");
    expect(await client.next()).toBe("\r\n");
    client.send(message({ via: tcpVia("11") }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(stack.snapshot.keepAlives).toBe(1);
  });
});

describe("GEN-30 flows that end", () => {
  it("tells of a connection that the peer closed, and no longer knows its flow", async () => {
    const { stack, received, port } = await givenStack({ transports: ["tcp"] });
    const closed: Flow[] = [];
    stack.onFlowClosed((flow) => closed.push(flow));
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("12") }));
    await client.next();
    const id = received[0]?.flow.id ?? "";
    expect(stack.flowOf(id)).toBeDefined();
    client.socket.destroy();
    await until(() => closed.length === 1);
    expect(closed[0]?.id).toBe(id);
    expect(stack.flowOf(id)).toBeUndefined();
  });

  it("R-sip-stack-3 ends a request at once that waits for its answer on a connection that closes", async () => {
    const { stack, received, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send(message({ via: tcpVia("13") }));
    await client.next();
    const outcome = stack.send(outgoing(), { kind: "flow", flowId: received[0]?.flow.id ?? "" });
    await client.next();
    client.socket.destroy();
    expect(await outcome).toMatchObject({ kind: "unreachable" });
    expect(stack.snapshot.openTransactions).toBe(0);
  });

  it("names connections so that nobody can guess one", async () => {
    const { received, port } = await givenStack({ transports: ["tcp"] });
    for (const branch of ["14", "15"]) {
      const client = await rawTcp(port());
      client.send(message({ via: tcpVia(branch) }));
      await client.next();
    }
    const [first, second] = received.map(({ flow }) => flow.id);
    expect(first).toMatch(/^tcp-[0-9a-f]{32}$/);
    expect(first).not.toBe(second);
  });
});

describe("RFC 3261 §18.1.1 connections for requests", () => {
  it("opens one and reuses it, by whichever end it was opened", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const server = await rawServer();
    const target = { kind: "uri", uri: `sip:127.0.0.1:${server.port};transport=tcp` } as const;
    const first = stack.send(outgoing(), target);
    const second = stack.send(outgoing(), target);
    const peer = await server.accepted();
    for (const request of (await peer.next()).split(/(?=MESSAGE sip)/)) {
      expect(header(request, "Via")).toMatch(
        new RegExp(`^SIP/2\\.0/TCP 127\\.0\\.0\\.1:${port()};branch=z9hG4bK\\w+$`),
      );
      peer.send(answerTo(request));
    }
    await until(() => stack.snapshot.openTransactions < 2);
    if (stack.snapshot.openTransactions === 1) peer.send(answerTo(await peer.next()));
    expect([(await first).kind, (await second).kind]).toEqual(["response", "response"]);
    expect(server.sockets).toHaveLength(1);
  });

  it("R-sip-stack-4 sends to the far end of a TCP connection that was accepted from there", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const client = await rawTcp(port());
    client.send("\r\n\r\n");
    await client.next();
    const uri = `sip:127.0.0.1:${client.socket.localPort};transport=tcp`;
    const outcome = stack.send(outgoing(), { kind: "uri", uri });
    client.send(answerTo(await client.next()));
    expect(await outcome).toMatchObject({ kind: "response" });
  });

  it("takes requests on connections that it opened itself", async () => {
    const { stack, received } = await givenStack({ listen: [] });
    const server = await rawServer();
    const outcome = stack.send(outgoing(), {
      kind: "uri",
      uri: `sip:127.0.0.1:${server.port};transport=tcp`,
    });
    const peer = await server.accepted();
    const request = await peer.next();
    expect(header(request, "Via")).toMatch(
      new RegExp(`^SIP/2\\.0/TCP 127\\.0\\.0\\.1:${peer.socket.remotePort};`),
    );
    peer.send(answerTo(request));
    await outcome;
    peer.send(message({ via: tcpVia("16") }));
    expect(await peer.next()).toMatch(/^SIP\/2\.0 200/);
    expect(received).toHaveLength(1);
  });

  it("is unreachable where nobody listens, and says so", async () => {
    const { stack } = await givenStack({ transports: ["tcp"] });
    const outcome = await stack.send(outgoing(), { kind: "uri", uri: "sip:127.0.0.1:1;transport=tcp" });
    expect(outcome).toEqual({ kind: "unreachable", reason: expect.stringContaining("ECONNREFUSED") });
  });

  it("closes the least recently used of its own connections for a new one only when that is idle", async () => {
    const { stack } = await givenStack({ listen: [], limits: { maxOutgoingConnections: 1 } });
    const [one, other] = [await rawServer(), await rawServer()];
    void stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${one.port};transport=tcp` });
    await (await one.accepted()).next();
    const uri = `sip:127.0.0.1:${other.port};transport=tcp`;
    expect(await stack.send(outgoing(), { kind: "uri", uri })).toEqual({
      kind: "unreachable",
      reason: expect.stringContaining("too many connections"),
    });
  });
});

describe("RFC 3261 §18.1.1 large requests", () => {
  const large = () => outgoing("x".repeat(1_400));

  it("GEN-45 MUST leave over TCP above 1300 bytes, with TCP in the Via", async () => {
    const { stack } = await givenStack({ transports: ["udp", "tcp"] });
    const server = await rawServer();
    const outcome = stack.send(large(), { kind: "uri", uri: `sip:127.0.0.1:${server.port}` });
    const peer = await server.accepted();
    const request = await peer.next();
    expect(header(request, "Via")).toMatch(/^SIP\/2\.0\/TCP /);
    peer.send(answerTo(request));
    expect(await outcome).toMatchObject({ kind: "response", response: { status: 200 } });
    expect(stack.snapshot.switchedToTcp).toBe(1);
  });

  it("SHOULD return to UDP when the peer refuses TCP, and does not ask it again soon", async () => {
    const { stack, port } = await givenStack({ transports: ["udp", "tcp"] });
    const peer = await rawUdp();
    for (const attempt of [1, 2]) {
      const outcome = stack.send(large(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
      const request = await peer.next();
      expect(header(request, "Via")).toMatch(/^SIP\/2\.0\/UDP /);
      peer.send(answerTo(request), port("udp"));
      expect(await outcome).toMatchObject({ kind: "response" });
      expect(stack.snapshot).toMatchObject({ switchedToTcp: 1, returnedToUdp: 1, requestsSent: attempt });
    }
  });

  it("R-sip-stack-1 asks the far end of a UDP flow for TCP too", async () => {
    const { stack, received, port } = await givenStack({ transports: ["udp", "tcp"] });
    const server = await rawServer();
    const client = await rawUdp();
    client.send(message(), port("udp"));
    await client.next();
    const flowId = (received[0]?.flow.id ?? "").replace(/\d+$/, String(server.port));
    const outcome = stack.send(large(), { kind: "flow", flowId });
    const peer = await server.accepted();
    peer.send(answerTo(await peer.next()));
    expect(await outcome).toMatchObject({ kind: "response" });
  });
});
