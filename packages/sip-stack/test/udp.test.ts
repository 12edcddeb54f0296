import { afterEach, describe, expect, it } from "@jest/globals";
import { createResponse, type Flow } from "@heliograph/sip";
import { answerTo, closeAll, givenStack, header, message, outgoing, rawUdp, until } from "./given.js";

afterEach(closeAll);

describe("RFC 3261 §18.2.1 Receiving Requests over UDP", () => {
  it("hands a request to the handler with the flow that it came over", async () => {
    const { stack, received, port } = await givenStack();
    const client = await rawUdp();
    client.send(message(), port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(received[0]?.flow).toMatchObject({
      transport: "udp",
      remoteAddress: "127.0.0.1",
      remotePort: client.port,
    });
    expect(stack.flowOf(received[0]?.flow.id ?? "")?.remotePort).toBe(client.port);
  });

  it("GEN-38 MUST add received when sent-by is a name", async () => {
    const { received, port } = await givenStack();
    const client = await rawUdp();
    client.send(message({ via: `SIP/2.0/UDP client.invalid:${client.port};branch=z9hG4bK1` }), port());
    const response = await client.next();
    expect(header(response, "Via")).toBe(
      `SIP/2.0/UDP client.invalid:${client.port};branch=z9hG4bK1;received=127.0.0.1`,
    );
    expect(received[0]?.request.via.params.get("received")).toBe("127.0.0.1");
  });

  it("MUST add received when sent-by is another address than the source", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    client.send(message({ via: `SIP/2.0/UDP 192.0.2.1:${client.port};branch=z9hG4bK2` }), port());
    expect(header(await client.next(), "Via")).toMatch(/;received=127\.0\.0\.1$/);
  });

  it("leaves a Via alone that says where it comes from", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    const via = `SIP/2.0/UDP 127.0.0.1:${client.port};branch=z9hG4bK3`;
    client.send(message({ via }), port());
    expect(header(await client.next(), "Via")).toBe(via);
  });

  it("does not believe a received that the client wrote", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    client.send(
      message({ via: `SIP/2.0/UDP a.invalid:${client.port};received=192.0.2.7;branch=z9hG4bK4` }),
      port(),
    );
    expect(header(await client.next(), "Via")).toBe(
      `SIP/2.0/UDP a.invalid:${client.port};branch=z9hG4bK4;received=127.0.0.1`,
    );
  });

  it("stamps the first of several Vias and keeps the others, comma-joined or not", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    const via = `SIP/2.0/UDP a.invalid:${client.port};branch=z9hG4bK5, SIP/2.0/TCP b.invalid;branch=z9hG4bK6`;
    client.send(message({ via, headers: ["Via: SIP/2.0/TLS c.invalid;branch=z9hG4bK7"] }), port());
    const vias = (await client.next()).split("\r\n").filter((line) => line.startsWith("Via:"));
    expect(vias.join(", ").replaceAll("Via: ", "")).toBe(
      `SIP/2.0/UDP a.invalid:${client.port};branch=z9hG4bK5;received=127.0.0.1, SIP/2.0/TCP b.invalid;branch=z9hG4bK6, SIP/2.0/TLS c.invalid;branch=z9hG4bK7`,
    );
  });

  it("GEN-45 MUST handle a datagram of the maximum size", async () => {
    const { received, port } = await givenStack();
    const client = await rawUdp();
    const body = "x".repeat(64_900);
    client.send(message({ body }), port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
    expect(received[0]?.request.body.length).toBe(64_900);
  });
});

describe("RFC 3581 §4 rport", () => {
  it("GEN-38 MUST fill an empty rport with the source port, and then add received always", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    client.send(message({ via: "SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK10" }), port());
    expect(header(await client.next(), "Via")).toBe(
      `SIP/2.0/UDP 127.0.0.1:9;rport=${client.port};branch=z9hG4bK10;received=127.0.0.1`,
    );
  });

  it("MUST send the response from the address and port that the request was received on", async () => {
    const { port } = await givenStack({ transports: ["udp", "udp"] });
    const client = await rawUdp();
    client.send(message(), port());
    await client.next();
    expect(client.lastFrom()).toBe(port());
  });

  it("MUST send the response to the port in sent-by when there is no rport (RFC 3261 §18.2.2)", async () => {
    const { port } = await givenStack();
    const [client, other] = [await rawUdp(), await rawUdp()];
    client.send(message({ via: `SIP/2.0/UDP 127.0.0.1:${other.port};branch=z9hG4bK11` }), port());
    expect(await other.next()).toMatch(/^SIP\/2\.0 200/);
    expect(client.count()).toBe(0);
  });

  it("D-sip-stack-1 does not let maddr send a response elsewhere", async () => {
    const { port } = await givenStack();
    const client = await rawUdp();
    client.send(
      message({ via: `SIP/2.0/UDP a.invalid:${client.port};maddr=127.0.0.9;branch=z9hG4bK12` }),
      port(),
    );
    expect(await client.next()).toMatch(/^SIP\/2\.0 200/);
  });
});

describe("RFC 3261 §17.2 server transactions on UDP", () => {
  it("GEN-19 answers a retransmission from the transaction and does not hand it up", async () => {
    const { received, port } = await givenStack();
    const client = await rawUdp();
    const text = message();
    client.send(text, port());
    const first = await client.next();
    client.send(text, port());
    expect(await client.next()).toBe(first);
    expect(received).toHaveLength(1);
  });

  it("GEN-03 hands on a request that came before with another branch: whether it is merged or spirals is not the stack's to say", async () => {
    const { port, received } = await givenStack();
    const client = await rawUdp();
    const text = message({ via: "SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKm1" });
    client.send(text, port());
    client.send(text.replace("z9hG4bKm1", "z9hG4bKm2"), port());
    await until(() => received.length === 2);
  });

  it("discards a second final answer", async () => {
    const { stack, port } = await givenStack();
    stack.onRequest((incoming) => {
      incoming.respond(createResponse(incoming.request, 202, { toTag: "a" }));
      incoming.respond(createResponse(incoming.request, 500, { toTag: "a" }));
    });
    const client = await rawUdp();
    client.send(message(), port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 202/);
    await new Promise(setImmediate);
    expect(client.count()).toBe(0);
  });

  it("serves INVITE: repeats the refusal until the ACK, which it keeps to itself", async () => {
    const { stack, port } = await givenStack();
    const methods: string[] = [];
    stack.onRequest((incoming) => {
      methods.push(incoming.request.method);
      incoming.respond(createResponse(incoming.request, 486, { toTag: "busy" }));
    });
    const client = await rawUdp();
    const invite = message({ method: "INVITE", via: "SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKi1" });
    client.send(invite, port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 486/);
    expect(await client.next()).toMatch(/^SIP\/2\.0 486/);
    const ack = invite
      .replace(/^INVITE/, "ACK")
      .replace("1 INVITE", "1 ACK")
      .replace(/To: .*/, "To: <sip:bob@127.0.0.1>;tag=busy");
    client.send(ack, port());
    await until(() => stack.snapshot.openTransactions === 0);
    expect(methods).toEqual(["INVITE"]);
  });

  it("answers 500 for a handler that throws, counts it and goes on", async () => {
    const failures: unknown[] = [];
    const { stack, port } = await givenStack({ onException: (cause) => failures.push(cause) });
    stack.onRequest(() => {
      throw new Error("a bug");
    });
    const client = await rawUdp();
    client.send(message(), port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 500/);
    expect(failures).toEqual([new Error("a bug")]);
    expect(stack.snapshot.exceptions).toBe(1);
  });
});

describe("RFC 3261 §18.1 sending requests over UDP", () => {
  it("adds a Via with our address, a new branch and rport, and resolves with the final response", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    const request = await peer.next();
    expect(header(request, "Via")).toMatch(
      new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${port()};branch=z9hG4bK[0-9a-f]{16};rport$`),
    );
    peer.send(answerTo(request, "100 Trying"), port());
    peer.send(answerTo(request), port());
    expect(await outcome).toMatchObject({ kind: "response", response: { status: 200 } });
  });

  it("sends over a flow, and only over that", async () => {
    const { stack, received, port } = await givenStack();
    const client = await rawUdp();
    client.send(message(), port());
    await client.next();
    const outcome = stack.send(outgoing(), { kind: "flow", flowId: received[0]?.flow.id ?? "" });
    client.send(answerTo(await client.next(), "486 Busy Here"), port());
    expect(await outcome).toMatchObject({ kind: "response", response: { status: 486 } });
  });

  it("retransmits after T1 while nobody answers (Timer E, §17.1.2.2)", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const sentAt = performance.now();
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    const first = await peer.next();
    expect(await peer.next()).toBe(first);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(490);
    peer.send(answerTo(first), port());
    expect(await outcome).toMatchObject({ kind: "response" });
  });

  it("is silent after the caller's time, and forgets the transaction", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const target = { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` } as const;
    expect(await stack.send(outgoing(), target, { timeoutMs: 50 })).toEqual({ kind: "silent" });
    expect(stack.snapshot.openTransactions).toBe(0);
  });

  it("MUST silently discard a response whose top Via is not ours (§18.1.2)", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(
      outgoing(),
      { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` },
      { timeoutMs: 400 },
    );
    const response = answerTo(await peer.next());
    peer.send(response.replace(`127.0.0.1:${port()};branch`, "192.0.2.1:5060;branch"), port());
    peer.send(response.replace(`127.0.0.1:${port()};branch`, "127.0.0.1:1;branch"), port());
    expect(await outcome).toEqual({ kind: "silent" });
    expect(stack.snapshot.foreignResponses).toBe(2);
  });

  it("GEN-36 MUST drop a response that matches no transaction", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const target = { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` } as const;
    const outcome = stack.send(outgoing(), target, { timeoutMs: 300 });
    const response = answerTo(await peer.next());
    peer.send(response.replace(/branch=z9hG4bK\w+/, "branch=z9hG4bKother"), port());
    expect(await outcome).toEqual({ kind: "silent" });
    expect(stack.snapshot.strayResponses).toBe(1);
  });

  it("sends an ACK outside any transaction", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const outcome = await stack.send(outgoing("", "ACK"), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    expect(outcome).toEqual({ kind: "silent" });
    expect(await peer.next()).toMatch(/^ACK /);
    expect(stack.snapshot.liveTransactions).toBe(0);
  });

  it("carries INVITE through its client transaction, which sends the ACK of a refusal", async () => {
    const { stack, port } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(outgoing("", "INVITE"), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    const invite = await peer.next();
    peer.send(answerTo(invite, "180 Ringing"), port());
    peer.send(answerTo(invite, "486 Busy Here"), port());
    expect(await outcome).toMatchObject({ kind: "response", response: { status: 486 } });
    const ack = await peer.next();
    expect(ack).toMatch(/^ACK /);
    expect(header(ack, "Via")).toBe(header(invite, "Via"));
  });

  it("is unreachable over a flow that nobody knows", async () => {
    const { stack } = await givenStack();
    for (const flowId of ["tcp-0123", "udp,127.0.0.1,1,127.0.0.1,2", "udp,a,b", ""]) {
      expect(await stack.send(outgoing(), { kind: "flow", flowId })).toEqual({
        kind: "unreachable",
        reason: "the flow is gone",
      });
    }
  });

  it("speaks IPv6, in brackets", async () => {
    const listen = [{ transport: "udp", address: "::1", port: 0 }] as const;
    const { stack } = await givenStack({ listen });
    const port = stack.listeningPoints[0]?.port ?? 0;
    const peer = await rawUdp("::1");
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:[::1]:${peer.port}` });
    const request = await peer.next();
    expect(header(request, "Via")).toMatch(new RegExp(`^SIP/2\\.0/UDP \\[::1\\]:${port};`));
    peer.send(answerTo(request), port);
    expect(await outcome).toMatchObject({ kind: "response" });
    peer.send(message({ via: `SIP/2.0/UDP [::1]:${peer.port};branch=z9hG4bKv6` }), port);
    expect(header(await peer.next(), "Via")).toBe(`SIP/2.0/UDP [::1]:${peer.port};branch=z9hG4bKv6`);
  });
});

describe("starting and stopping", () => {
  it("rejects when a listener cannot be opened, and closes those that were", async () => {
    const { port } = await givenStack({ transports: ["tcp"] });
    const listen = [
      { transport: "udp", address: "127.0.0.1", port: 0 },
      { transport: "tcp", address: "127.0.0.1", port: port("tcp") },
    ] as const;
    await expect(givenStack({ listen })).rejects.toThrow(/EADDRINUSE/);
  });

  it("ends what waits for an answer when it stops", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    await peer.next();
    await stack.stop();
    expect(await outcome).toEqual({ kind: "unreachable", reason: "this server stops" });
    expect(await stack.send(outgoing(), { kind: "flow", flowId: "any" })).toMatchObject({
      kind: "unreachable",
    });
  });
});

describe("RFC 3261 §18.4 ICMP errors", () => {
  it("GEN-30 tells of a UDP peer that is gone, and ends the request that waits for it", async () => {
    const { stack } = await givenStack();
    const gone = await rawUdp();
    await gone.close();
    const closed: Flow[] = [];
    stack.onFlowClosed((flow) => closed.push(flow));
    const outcome = await stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${gone.port}` });
    expect(outcome).toEqual({ kind: "unreachable", reason: expect.stringContaining("ECONNREFUSED") });
    expect(closed).toMatchObject([{ transport: "udp", remotePort: gone.port }]);
    expect(stack.snapshot).toMatchObject({ unreachablePeers: 1, openTransactions: 0 });
  });

  it("hears answers that come while it asks", async () => {
    const { stack, received, port } = await givenStack();
    const peer = await rawUdp();
    const outcome = stack.send(outgoing(), { kind: "uri", uri: `sip:127.0.0.1:${peer.port}` });
    await peer.next();
    const retransmission = await peer.next();
    expect(peer.lastFrom()).toBe(port());
    peer.send(message(), port());
    expect(await peer.next()).toMatch(/^SIP\/2\.0 200/);
    peer.send(answerTo(retransmission), port());
    expect(await outcome).toMatchObject({ kind: "response", response: { status: 200 } });
    expect(received).toHaveLength(1);
  });

  it("waits for Timer F where it is not to ask", async () => {
    const { stack } = await givenStack({ udpErrors: "ignore" });
    const gone = await rawUdp();
    await gone.close();
    const target = { kind: "uri", uri: `sip:127.0.0.1:${gone.port}` } as const;
    expect(await stack.send(outgoing(), target, { timeoutMs: 800 })).toEqual({ kind: "silent" });
  });

  it("still leaves a port to the server that has it", async () => {
    const { port } = await givenStack();
    const listen = [{ transport: "udp", address: "127.0.0.1", port: port() }] as const;
    await expect(givenStack({ listen })).rejects.toThrow(/EADDRINUSE/);
  });
});
