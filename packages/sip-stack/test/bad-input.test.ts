import { afterEach, describe, expect, it } from "@jest/globals";
import { createResponse } from "@heliograph/sip";
import {
  answerTo,
  closeAll,
  givenStack,
  header,
  message,
  outgoing,
  rawTcp,
  rawUdp,
  rawWebSocket,
  until,
} from "./given.js";

afterEach(closeAll);

describe("RFC 3261 §18.3 malformed datagrams", () => {
  it("SHOULD answer 400 to a request that ends before its body does", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    client.send(message({ contentLength: 500 }), port());
    const response = await client.next();
    expect(response).toMatch(/^SIP\/2\.0 400 /);
    expect(header(response, "To")).toMatch(/;tag=\w+$/);
    expect(stack.snapshot.malformedAnswered).toBe(1);
  });

  it("gives every copy of a malformed request the same To tag (§8.2.7)", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    const text = message({ contentLength: 500 });
    client.send(text, port());
    const first = header(await client.next(), "To");
    client.send(text, port());
    expect(header(await client.next(), "To")).toBe(first);
  });

  it("MUST discard bytes after the body", async () => {
    const { received, port } = await givenStack();
    const client = await rawUdp();
    client.send(`${message({ body: "hello" })}and more`, port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(Buffer.from(received[0]?.request.body ?? []).toString()).toBe("hello");
  });

  for (const [what, text, status] of [
    ["a version that nobody speaks", message().replace("SIP/2.0\r\n", "SIP/7.0\r\n"), 505],
    ["NULs in a header field", message({ headers: ["Subject: a\0b"] }), 400],
    ["a negative Content-Length", message().replace("Content-Length: 5", "Content-Length: -5"), 400],
    ["a CSeq of another method", message().replace("CSeq: 1 MESSAGE", "CSeq: 1 OPTIONS"), 400],
  ] as const) {
    it(`answers ${status} to ${what}`, async () => {
      const { port } = await givenStack();
      const client = await rawUdp();
      client.send(text, port());
      expect(await client.next()).toMatch(new RegExp(`^SIP/2\\.0 ${status} `));
    });
  }

  it("drops and counts what cannot be answered, a malformed response and a malformed ACK", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    const garbage = [
      "hello",
      Buffer.alloc(1_000, 0xff),
      Buffer.from([2, 3, 4, 5, 6, 7, 8]),
      "SIP/2.0 200 OK\r\nVia: \r\n\r\n",
      message({ method: "ACK", contentLength: 99 }),
      message().slice(0, 40),
    ];
    for (const datagram of garbage) client.send(datagram, port());
    client.send(message(), port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(stack.snapshot.malformedDropped).toBe(garbage.length);
  });

  it("takes datagrams of CRLF and NUL for keep-alives", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    for (const datagram of ["\r\n\r\n", "\0", ""]) client.send(datagram === "\0" ? "\r\n" : datagram, port());
    client.send(message(), port());
    await client.next();
    expect(stack.snapshot).toMatchObject({ keepAlives: 3, malformedDropped: 0 });
  });

  it("stays up under mutations of a request, with memory bounded", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    const original = Buffer.from(message());
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 2_000; round += 1) {
      const mutant = Buffer.from(original);
      for (let hit = 0; hit <= random(4); hit += 1) mutant[random(mutant.length)] = random(256);
      client.send(mutant.subarray(0, random(3) === 0 ? random(mutant.length) : mutant.length), port());
      if (round % 50 === 0) await new Promise(setImmediate);
    }
    const last = message({ via: "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKlast;rport" });
    client.send(last, port());
    await until(
      () =>
        stack.snapshot.exceptions === 0 &&
        client.bytes.some((one) => Buffer.from(one).includes("z9hG4bKlast")),
    );
  });
});

describe("flood from one source", () => {
  it("drops and counts datagrams above the rate, and serves again when it has passed", async () => {
    const { stack, port } = await givenStack({ sourceRate: { perSecond: 20, burst: 10 } });
    const client = await rawUdp();
    for (let sent = 0; sent < 50; sent += 1) client.send(message(), port());
    await until(() => stack.snapshot.requestsReceived + stack.snapshot.floodDropped === 50);
    expect(stack.snapshot.floodDropped).toBeGreaterThanOrEqual(39);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = stack.snapshot.requestsReceived;
    client.send(message(), port());
    await until(() => stack.snapshot.requestsReceived === before + 1);
  });

  it("does not limit an exempt address", async () => {
    const { stack, port } = await givenStack({
      sourceRate: { perSecond: 1, burst: 1, isExempt: (address) => address === "127.0.0.1" },
    });
    const client = await rawUdp();
    for (let sent = 0; sent < 20; sent += 1) client.send(message(), port());
    await until(() => stack.snapshot.requestsReceived === 20);
  });

  it("reads a connection more slowly instead, and loses nothing", async () => {
    const { stack, received, port } = await givenStack({
      transports: ["tcp"],
      sourceRate: { perSecond: 100, burst: 10 },
    });
    const client = await rawTcp(port());
    for (let sent = 0; sent < 30; sent += 1) {
      client.send(message({ via: `SIP/2.0/TCP a.invalid;branch=z9hG4bKf${sent}` }));
      await new Promise(setImmediate);
    }
    await until(() => received.length === 30);
    expect(stack.snapshot.floodPauses).toBeGreaterThan(0);
  });
});

describe("slow and silent peers", () => {
  const limits = { firstMessageMs: 300, wholeMessageMs: 300 };

  for (const transport of ["tcp", "ws"] as const) {
    it(`closes a ${transport} connection that never says anything`, async () => {
      const { stack, port } = await givenStack({ transports: [transport], limits });
      const client =
        transport === "tcp" ? await rawTcp(port()) : await rawWebSocket(`ws://127.0.0.1:${port()}`);
      await client.closed;
      await until(() => stack.snapshot.openConnections === 0);
      expect(stack.snapshot.slowSendersClosed).toBe(1);
    });
  }

  it("closes a connection that sends its message byte by byte (slow-loris)", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"], limits });
    const client = await rawTcp(port());
    client.send("\r\n\r\n");
    await client.next();
    const text = message();
    const dripping = setInterval(() => client.isOpen() && client.send(text[0] ?? ""), 20);
    await client.closed;
    clearInterval(dripping);
    expect(stack.snapshot.slowSendersClosed).toBe(1);
  });

  it("closes a WebSocket whose message never becomes whole", async () => {
    const { stack, port } = await givenStack({ transports: ["ws"], limits });
    const client = await rawWebSocket(`ws://127.0.0.1:${port()}`);
    client.socket.send("\r\n\r\n");
    await client.next();
    client.socket.send("MESSAGE sip:b", { fin: false });
    await client.closed;
    expect(stack.snapshot.slowSendersClosed).toBe(1);
  });

  it("closes a WebSocket handshake that never becomes whole", async () => {
    const { stack, port } = await givenStack({ transports: ["ws"], limits });
    const client = await rawTcp(port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n");
    await client.closed;
    expect(stack.snapshot.openConnections).toBe(0);
  });

  it("closes what is idle for too long", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"], limits: { idleMs: 200 } });
    const client = await rawTcp(port());
    client.send("\r\n\r\n");
    await client.next();
    await client.closed;
    expect(stack.snapshot.idleClosed).toBe(1);
  });

  it("cuts off a peer that does not read what it is sent", async () => {
    const { stack, received, port } = await givenStack({
      transports: ["tcp"],
      limits: { maxWriteBufferBytes: 100_000 },
    });
    const client = await rawTcp(port());
    client.send(message({ via: "SIP/2.0/TCP a.invalid;branch=z9hG4bKr1" }));
    await client.next();
    client.socket.pause();
    const target = { kind: "flow", flowId: received[0]?.flow.id ?? "" } as const;
    const outcomes = Array.from({ length: 300 }, () => stack.send(outgoing("x".repeat(60_000)), target));
    expect((await outcomes[0])?.kind).toBe("unreachable");
    expect((await Promise.all(outcomes)).every(({ kind }) => kind === "unreachable")).toBe(true);
    expect(stack.snapshot).toMatchObject({ slowReadersClosed: 1, openTransactions: 0 });
  });
});

describe("too many", () => {
  it("connections of one source: further ones are closed at once and counted", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"], limits: { maxConnectionsPerSource: 2 } });
    const kept = [await rawTcp(port()), await rawTcp(port())];
    const refused = await rawTcp(port());
    await refused.closed;
    expect(stack.snapshot).toMatchObject({ connectionsRefusedOfSource: 1, openConnections: 2 });
    kept[0]?.socket.destroy();
    await until(() => stack.snapshot.openConnections === 1);
    const next = await rawTcp(port());
    next.send("\r\n\r\n");
    expect(await next.next()).toBe("\r\n");
  });

  it("connections in all", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"], limits: { maxConnections: 1 } });
    await rawTcp(port());
    const refused = await rawTcp(port());
    await refused.closed;
    expect(stack.snapshot.connectionsRefused).toBe(1);
  });

  it("open transactions: 503 with Retry-After, and nothing is kept for it", async () => {
    const { stack, port } = await givenStack({ limits: { maxTransactions: 2, retryAfterS: 7 } });
    stack.onRequest(() => undefined);
    const client = await rawUdp();
    for (let sent = 0; sent < 3; sent += 1) client.send(message(), port());
    const response = await client.next();
    expect(response).toMatch(/^SIP\/2\.0 503 /);
    expect(header(response, "Retry-After")).toBe("7");
    expect(stack.snapshot).toMatchObject({ overloadRefused: 1, liveTransactions: 2 });
  });
});

describe("draining", () => {
  it("refuses new requests with 503 and Retry-After, and lets open ones finish", async () => {
    const { stack, received, port } = await givenStack();
    stack.onRequest((incoming) => received.push(incoming));
    const client = await rawUdp();
    client.send(message(), port());
    await until(() => received.length === 1);
    const drained = stack.drain(5_000).then(() => "drained");
    client.send(message(), port());
    const refusal = await client.next();
    expect(refusal).toMatch(/^SIP\/2\.0 503 /);
    expect(header(refusal, "Retry-After")).not.toBe("");
    expect(await Promise.race([drained, Promise.resolve("waiting")])).toBe("waiting");
    const [incoming] = received;
    if (incoming) incoming.respond(createResponse(incoming.request, 200, { toTag: "a" }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(await drained).toBe("drained");
  });

  it("lets requests of our own finish", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    const request = await peer.next();
    const drained = stack.drain(5_000);
    peer.send(answerTo(request), port());
    await drained;
    expect(await outcome).toMatchObject({ kind: "response" });
  });

  it("waits no longer than it is told to", async () => {
    const { stack, port } = await givenStack();
    stack.onRequest(() => undefined);
    const client = await rawUdp();
    client.send(message(), port());
    await until(() => stack.snapshot.openTransactions === 1);
    const start = performance.now();
    await stack.drain(50);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
