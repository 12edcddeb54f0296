import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { selfSigned } from "@heliograph/testkit";
import { closeAll, givenStack, message, outgoing, rawTcp, rawTls, until } from "./given.js";

let server: Awaited<ReturnType<typeof selfSigned>>;
let client: Awaited<ReturnType<typeof selfSigned>>;

beforeAll(async () => {
  server = await selfSigned("localhost");
  client = await selfSigned("alice.example");
});

afterEach(closeAll);

describe("RFC 3261 §26.2.1 TLS", () => {
  it("carries requests in and answers back over the same connection", async () => {
    const { received, port } = await givenStack({ transports: ["tls"], tls: server });
    const peer = await rawTls(port(), { ca: server.ca });
    peer.send(message({ via: "SIP/2.0/TLS client.invalid;branch=z9hG4bKt1" }));
    expect(await peer.next()).toMatch(/^SIP\/2\.0 200/);
    expect(received[0]?.flow.transport).toBe("tls");
  });

  it("carries requests out, with TLS in the Via, to a server whose certificate is valid for the address", async () => {
    const { port } = await givenStack({ transports: ["tls"], tls: server });
    const { stack } = await givenStack({ listen: [], tls: { ca: server.ca } });
    const uri = `sip:127.0.0.1:${port()};transport=tls`;
    expect(await stack.send(outgoing(), { kind: "uri", uri })).toMatchObject({ kind: "response" });
  });

  it("MUST NOT send to a server whose certificate nobody vouches for (§26.3.1)", async () => {
    const { port } = await givenStack({ transports: ["tls"], tls: server });
    const { stack } = await givenStack({ listen: [] });
    const uri = `sip:127.0.0.1:${port()};transport=tls`;
    expect(await stack.send(outgoing(), { kind: "uri", uri })).toEqual({
      kind: "unreachable",
      reason: expect.stringContaining("certificate"),
    });
  });

  it("tells which certificate the client showed, and whether it is vouched for", async () => {
    const tls = { ...server, ca: client.ca, asksClientCertificate: true };
    const { stack, received, port } = await givenStack({ transports: ["tls"], tls });
    const known = await rawTls(port(), { ca: server.ca, key: client.key, cert: client.cert });
    known.send(message({ via: "SIP/2.0/TLS client.invalid;branch=z9hG4bKt2" }));
    await known.next();
    const anonymous = await rawTls(port(), { ca: server.ca });
    anonymous.send(message({ via: "SIP/2.0/TLS client.invalid;branch=z9hG4bKt3" }));
    await anonymous.next();
    const [first, second] = received.map(({ flow }) => stack.certificateOf(flow.id));
    expect(first).toMatchObject({
      isTrusted: true,
      commonName: "alice.example",
      alternativeNames: ["DNS:alice.example", "IP Address:127.0.0.1"],
    });
    expect(second).toBeUndefined();
  });

  it("counts a handshake that is none, and goes on", async () => {
    const { stack, port } = await givenStack({ transports: ["tls"], tls: server });
    const plain = await rawTcp(port());
    plain.send(message({ via: "SIP/2.0/TLS client.invalid;branch=z9hG4bKt4" }));
    await plain.closed;
    await until(() => stack.snapshot.handshakesRefused === 1);
    const peer = await rawTls(port(), { ca: server.ca });
    peer.send("\r\n\r\n");
    expect(await peer.next()).toBe("\r\n");
  });

  it("does not start without a key", async () => {
    await expect(givenStack({ transports: ["tls"] })).rejects.toThrow("needs a key and a certificate");
    await expect(givenStack({ transports: ["wss"] })).rejects.toThrow("needs a key and a certificate");
  });
});

describe("RFC 7118 over TLS", () => {
  it("carries requests out over wss, with WSS in the Via", async () => {
    const { received, port } = await givenStack({ transports: ["wss"], tls: server });
    const { stack } = await givenStack({ listen: [], tls: { ca: server.ca } });
    const uri = `sips:127.0.0.1:${port()};transport=ws`;
    const outcome = await stack.send(outgoing(), { kind: "uri", uri });
    expect(outcome).toMatchObject({ kind: "response" });
    expect(received[0]?.request.via.transport).toBe("WSS");
    expect(received[0]?.flow.transport).toBe("wss");
  });
});
