import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createResponse } from "@heliograph/sip";
import { WebSocket } from "ws";
import { closeAll, givenStack, header, message, outgoing, rawTcp, rawWebSocket, until } from "./given.js";

afterEach(closeAll);

const via = (branch: string) => `SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK${branch}`;

async function given(options: Parameters<typeof givenStack>[0] = {}) {
  const stack = await givenStack({ transports: ["ws"], ...options });
  return { ...stack, url: `ws://127.0.0.1:${stack.port()}` };
}

describe("RFC 7118 §4.1 Handshake", () => {
  it("SC-13 MUST agree on the sip subprotocol", async () => {
    const { url } = await given();
    const client = await rawWebSocket(url, ["chat", "sip"]);
    expect(client.socket.protocol).toBe("sip");
  });

  for (const [what, protocols] of [
    ["without any subprotocol", []],
    ["without the sip subprotocol", ["chat"]],
  ] as const) {
    it(`refuses a handshake ${what}`, async () => {
      const { stack, url } = await given();
      const client = new WebSocket(url, [...protocols]);
      const [error] = await once(client, "error").catch((cause: unknown) => [cause]);
      expect(String(error)).toContain("400");
      expect(stack.snapshot).toMatchObject({ handshakesRefused: 1, openConnections: 0 });
    });
  }

  it("SC-13 takes pages of known origins alone, where they are named", async () => {
    const listen = [
      { transport: "ws", address: "127.0.0.1", port: 0, origins: ["https://im.example"] },
    ] as const;
    const { stack } = await given({ listen });
    const url = `ws://127.0.0.1:${stack.listeningPoints[0]?.port}`;
    await rawWebSocket(url, "sip", { origin: "https://im.example" });
    await expect(rawWebSocket(url, "sip", { origin: "https://evil.example" })).rejects.toThrow("403");
  });

  it("answers 426 to what is no WebSocket", async () => {
    const { stack, port } = await given();
    const client = await rawTcp(port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await client.next()).toMatch(/^HTTP\/1\.1 426 /);
    expect(stack.snapshot.handshakesRefused).toBe(1);
  });
});

describe("RFC 7118 §4.2 SIP Encoding", () => {
  it("GEN-42 MUST accept both text and binary frames, and answers in text what is UTF-8", async () => {
    const { url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w1") }));
    client.socket.send(Buffer.from(message({ via: via("w2") })));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(client.kinds).toEqual(["text", "text"]);
  });

  it("sends what is not UTF-8 in a binary frame", async () => {
    const { stack, received, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w3") }));
    await client.next();
    const request = outgoing().with({ body: Uint8Array.of(0xff, 0xfe) });
    void stack.send(request, { kind: "flow", flowId: received[0]?.flow.id ?? "" });
    await client.next();
    expect(client.kinds).toEqual(["text", "binary"]);
  });

  it("takes a message in many fragments", async () => {
    const { received, url } = await given();
    const client = await rawWebSocket(url);
    const text = message({ via: via("w4"), body: "x".repeat(3_000) });
    for (let at = 0; at < text.length; at += 500) {
      client.socket.send(text.slice(at, at + 500), { fin: at + 500 >= text.length });
    }
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(received[0]?.request.body.length).toBe(3_000);
  });
});

describe("RFC 7118 §5 SIP WebSocket Transport", () => {
  it("GEN-42 takes a message without Content-Length", async () => {
    const { received, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w5"), contentLength: -1, body: "no length" }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(Buffer.from(received[0]?.request.body ?? []).toString()).toBe("no length");
  });

  it("MAY leave received out (§5.3)", async () => {
    const { url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w6") }));
    expect(header(await client.next(), "Via")).toBe(via("w6"));
  });

  it("follows the procedures of reliable transports: repeats nothing", async () => {
    const { stack, received, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w7") }));
    await client.next();
    const target = { kind: "flow", flowId: received[0]?.flow.id ?? "" } as const;
    const outcome = stack.send(outgoing(), target, { timeoutMs: 700 });
    await client.next();
    expect(await outcome).toEqual({ kind: "silent" });
    await expect(client.next(10)).rejects.toThrow("nothing arrived");
  });

  it("carries requests out, with WS in the Via", async () => {
    const { received, port } = await given();
    const { stack } = await givenStack({ listen: [] });
    const outcome = await stack.send(outgoing(), {
      kind: "uri",
      uri: `sip:127.0.0.1:${port()};transport=ws`,
    });
    expect(outcome).toMatchObject({ kind: "response" });
    expect(received[0]?.request.via.transport).toBe("WS");
  });

  it("sends no answer anywhere else when the WebSocket is gone", async () => {
    const { stack, received, url } = await given();
    stack.onRequest((incoming) => received.push(incoming));
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w8") }));
    await until(() => received.length === 1);
    client.socket.terminate();
    await until(() => stack.snapshot.openConnections === 0);
    const [incoming] = received;
    if (incoming) incoming.respond(createResponse(incoming.request, 200));
    await new Promise(setImmediate);
    expect(stack.snapshot).toMatchObject({ connectsFailed: 0, connectionsOpened: 0 });
  });
});

describe("RFC 7118 §6 Connection Keep-Alive", () => {
  it("answers a double CRLF with a single one, and a Ping with a Pong", async () => {
    const { stack, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send("\r\n\r\n");
    expect(await client.next()).toBe("\r\n");
    client.socket.ping();
    await once(client.socket, "pong");
    client.socket.send("\r\n");
    client.socket.send(message({ via: via("w9") }));
    expect(await client.next()).toMatch(/^SIP/);
    expect(stack.snapshot.keepAlives).toBe(3);
  });
});

describe("bad input over WebSocket", () => {
  it("answers 400 to a malformed request, and goes on", async () => {
    const { url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w10") }).replace("CSeq: 1 MESSAGE", "CSeq: x"));
    expect(await client.next()).toMatch(/^SIP\/2\.0 400 /);
    client.socket.send(message({ via: via("w11") }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 200 /);
  });

  it("drops and counts what is not SIP", async () => {
    const { stack, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send("hello?");
    client.socket.send(Buffer.alloc(100));
    client.socket.send("");
    await until(() => stack.snapshot.malformedDropped + stack.snapshot.keepAlives === 3);
  });

  it("GEN-42 takes no second message in the same frame for one of its own", async () => {
    const { received, url } = await given();
    const client = await rawWebSocket(url);
    client.socket.send(message({ via: via("w12") }) + message({ via: via("w13") }));
    expect(await client.next()).toMatch(/^SIP\/2\.0 (?:200|400)/);
    expect(received.length).toBeLessThan(2);
  });

  it("closes with 1009 on a message above the limit", async () => {
    const { stack, url } = await given({ limits: { maxMessageBytes: 10_000 } });
    const client = await rawWebSocket(url);
    client.socket.send(message({ body: "x".repeat(20_000) }));
    expect(await client.closed).toBe(1009);
    await until(() => stack.snapshot.openConnections === 0);
  });
});
