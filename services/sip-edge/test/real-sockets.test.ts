import { createSocket, type Socket } from "node:dgram";
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createLocalBus } from "@heliograph/bus";
import { type PagerMessage, participating, sipCore, sipEdge } from "@heliograph/contracts";
import { TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { parseMessage, SipResponse } from "@heliograph/sip";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { Metrics } from "@heliograph/telemetry";
import { createSipEdge } from "../src/compose.js";
import { readConfig } from "../src/config.js";
import { alice, challenge, credentials, domains, leg, message, request } from "./given.js";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An edge on sockets of its own, between scripted services. */
async function edgeOnSockets(env: Record<string, string> = {}) {
  const clock = new TimerWheel();
  const chance = new PooledChance();
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const bus = createLocalBus({ clock, logger });
  const taken: { readonly subject: string; readonly message: PagerMessage }[] = [];
  const closed: string[] = [];
  await bus.serve(sipCore.listDomains, {}, async () => ({ domains }));
  await bus.serve(sipCore.register, {}, async ({ flowId }) => {
    flows.push(flowId);
    return { kind: "registered" as const, identity: alice, headers: [], expiresAtMs: clock.nowMs() + 60_000 };
  });
  await bus.serve(sipCore.authenticate, {}, async ({ credentials }) =>
    credentials.length > 0
      ? { kind: "authenticated" as const, identity: alice }
      : { kind: "challenge" as const, challenges: [challenge] },
  );
  await bus.serve(sipCore.closeFlow, {}, async ({ aors }) => {
    closed.push(...aors);
    return {};
  });
  for (const [subject, name] of [
    [participating.originatePagerMessage, "originate"],
    [participating.terminatePagerMessage, "terminate"],
  ] as const) {
    await bus.serve(subject, {}, async (pager: PagerMessage) => {
      taken.push({ subject: name, message: pager });
      return { kind: "accepted" as const, status: 200 as const };
    });
  }
  const flows: string[] = [];
  const config = loadConfig({ NODE_ID: "n1", ...env }, readConfig);
  const stack = createSipStack({
    listen: [
      { transport: "udp", address: "127.0.0.1", port: 0 },
      { transport: "tcp", address: "127.0.0.1", port: 0 },
    ],
    clock,
    chance,
  });
  const metrics = new Metrics();
  const edge = createSipEdge({
    bus,
    stack,
    clock,
    chance,
    telemetry: { logger, metrics },
    config: { ...config, drainMs: 100 },
  });
  await edge.start();
  closing.push(() => edge.stop());
  const [udp, tcp] = stack.listeningPoints.map(({ port }) => port);
  if (udp === undefined || tcp === undefined) throw new Error("no listener");
  return { bus, udp, tcp, taken, flows, closed, metrics };
}

/** Something that speaks SIP by hand. */
interface Phone {
  readonly port: number;
  /** Sends a text and waits for the next message. */
  ask(text: string): Promise<string>;
  send(text: string): void;
  next(): Promise<string>;
  close(): void;
}

async function udpPhone(towards: number): Promise<Phone> {
  const socket: Socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const inbox = new Inbox();
  socket.on("message", (bytes) => inbox.put(bytes.toString()));
  closing.push(() => void socket.close());
  const send = (text: string) => socket.send(text, towards, "127.0.0.1");
  return {
    port: socket.address().port,
    send,
    next: () => inbox.next(),
    close: () => undefined,
    ask: (text) => (send(text), inbox.next()),
  };
}

async function tcpPhone(towards: number): Promise<Phone> {
  const socket: TcpSocket = connect(towards, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const inbox = new Inbox();
  socket.on("data", (bytes) => inbox.put(bytes.toString()));
  socket.on("error", () => undefined);
  closing.push(() => void socket.destroy());
  const send = (text: string) => void socket.write(text);
  return {
    port: 0,
    send,
    next: () => inbox.next(),
    close: () => socket.destroy(),
    ask: (text) => (send(text), inbox.next()),
  };
}

class Inbox {
  readonly #waiting: ((text: string) => void)[] = [];
  readonly #texts: string[] = [];
  put(text: string): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(text);
    else this.#texts.push(text);
  }
  next(): Promise<string> {
    const text = this.#texts.shift();
    return text === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(text);
  }
}

function response(text: string): SipResponse {
  const parsed = parseMessage(new TextEncoder().encode(text), { framing: "stream" });
  if (!parsed.ok || !(parsed.value instanceof SipResponse)) throw new Error(`no response: ${text}`);
  return parsed.value;
}

describe("over real sockets: GEN-01 GEN-38 GEN-45", () => {
  it("a MESSAGE over UDP is challenged, proved, taken, and answered where it came from", async () => {
    const { udp, taken } = await edgeOnSockets();
    const phone = await udpPhone(udp);
    const asked = response(await phone.ask(message()));
    expect(asked.status).toBe(407);
    expect(asked.via.params.get("rport")).toBe(String(phone.port));
    expect(asked.via.params.get("received")).toBe("127.0.0.1");
    expect(response(await phone.ask(message({ more: [credentials] }))).status).toBe(200);
    expect(taken).toHaveLength(1);
  });

  it("GEN-19 a retransmission gets the same answer and is taken once", async () => {
    const { udp, taken } = await edgeOnSockets();
    const phone = await udpPhone(udp);
    const text = message({ more: [credentials] });
    expect(await phone.ask(text)).toBe(await phone.ask(text));
    expect(taken).toHaveLength(1);
  });

  it("GEN-06 a registration vouches for its TCP connection, and GEN-30 closing it ends the binding", async () => {
    const { tcp, taken, closed } = await edgeOnSockets();
    const phone = await tcpPhone(tcp);
    const register = request("REGISTER", {
      uri: "sip:example.com",
      to: "<sip:alice@example.com>",
      more: ["Contact: <sip:alice@127.0.0.1;transport=tcp>"],
    });
    expect(response(await phone.ask(register)).status).toBe(200);
    expect(response(await phone.ask(message())).status).toBe(200);
    expect(taken.map(({ message: { sender, transport } }) => [sender.aor, transport])).toEqual([
      ["sip:alice@example.com", "tcp"],
    ]);
    const stranger = await tcpPhone(tcp);
    expect(response(await stranger.ask(message())).status).toBe(407);
    phone.close();
    for (let waited = 0; closed.length === 0 && waited < 100; waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(closed).toEqual(["sip:alice@example.com"]);
  });

  it("a leg goes out over the flow of a registration, and its answer comes back", async () => {
    const { tcp, bus, flows } = await edgeOnSockets();
    const phone = await tcpPhone(tcp);
    await phone.ask(
      request("REGISTER", {
        uri: "sip:example.com",
        to: "<sip:alice@example.com>",
        more: ["Contact: <sip:alice@127.0.0.1;transport=tcp>"],
      }),
    );
    const outcome = bus.request(sipEdge.sendPagerMessage, { node: "n1" }, leg({ flowId: flows[0] ?? "" }));
    const received = await phone.next();
    expect(received).toMatch(/^MESSAGE sip:bob@192\.0\.2\.20:5060 SIP\/2\.0\r\n/);
    expect(received).not.toMatch(/\r\nContact:/i);
    const copied = received.split("\r\n").filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line));
    phone.send(`SIP/2.0 200 OK\r\n${copied.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`);
    expect(await outcome).toMatchObject({ kind: "answered", status: 200 });
    phone.close();
  });

  it("GEN-30 a leg to a flow that is gone is unreachable at once", async () => {
    const { bus } = await edgeOnSockets();
    expect(
      await bus.request(sipEdge.sendPagerMessage, { node: "n1" }, leg({ flowId: "gone" })),
    ).toMatchObject({ kind: "unreachable" });
  });

  it("SC-08 a message to a neighbour goes to its route, and one from it is taken for our users only", async () => {
    const neighbour = await udpPhone(0);
    const { bus, udp, taken } = await edgeOnSockets({
      NEIGHBOURS: `near.net=sip:127.0.0.1:${neighbour.port}`,
    });
    void bus.request(
      sipEdge.forwardPagerMessage,
      {},
      leg({ requestUri: "sip:nia@near.net", timeoutMs: 300 }),
    );
    expect(await neighbour.next()).toMatch(/^MESSAGE sip:nia@near\.net SIP\/2\.0\r\n/);
    const inwards = await udpPhone(udp);
    expect(
      response(await inwards.ask(message({ from: "<sip:nia@near.net>;tag=n", uri: "sip:v@far.net" }))).status,
    ).toBe(403);
    expect(response(await inwards.ask(message({ from: "<sip:nia@near.net>;tag=n" }))).status).toBe(200);
    expect(taken.map(({ message: { sender } }) => sender.kind)).toEqual(["claimed"]);
  });

  it("GEN-45 a leg above 1300 bytes leaves over TCP, whatever the route says", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const arrived = new Promise<string>((resolve) =>
      server.once("connection", (socket) => {
        closing.push(() => void socket.destroy());
        socket.once("data", (bytes) => resolve(bytes.toString()));
      }),
    );
    closing.push(() => void server.close());
    const { bus } = await edgeOnSockets();
    const body = new TextEncoder().encode("x".repeat(1_300));
    const large = leg({ requestUri: `sip:bob@127.0.0.1:${port}`, timeoutMs: 500 }, { body });
    void bus.request(sipEdge.sendPagerMessage, { node: "n1" }, large);
    expect(await arrived).toMatch(/\r\nVia: SIP\/2\.0\/TCP /);
  });

  it("GEN-14 the numbers of the stack are among those of the edge", async () => {
    const { metrics } = await edgeOnSockets();
    expect(metrics.text()).toContain("heliograph_sip_stack_flood_dropped_total 0");
  });
});

describe("over real sockets: header games", () => {
  it.each([
    [
      "a spoofed PAI from an untrusted address",
      message({ more: ["P-Asserted-Identity: <sip:alice@example.com>"] }),
      407,
    ],
    [
      "a PAI in compact company",
      message({
        from: "<sip:alice@example.com>;tag=1",
        more: [
          "p-asserted-identity: <sip:alice@example.com>",
          "P-Served-User: <sip:alice@example.com>;sescase=orig",
        ],
      }),
      407,
    ],
    ["two From fields", message({ more: ["f: <sip:eve@far.net>;tag=2"] }), 400],
    [
      "a From that hides our user in its name",
      message({ from: '"<sip:alice@example.com>" <sip:eve@far.net>;tag=3' }),
      200,
    ],
    ["a From with our domain as its user", message({ from: "<sip:alice%40example.com@far.net>;tag=4" }), 200],
    ["our domain in other letters", message({ from: "<SIP:alice@EXAMPLE.com>;tag=5" }), 407],
    ["our user in escapes", message({ from: "<sip:%61lice@example.com>;tag=6" }), 407],
    ["our domain with another port", message({ from: "<sip:alice@example.com:7777>;tag=7" }), 407],
    ["an alias of our domain", message({ from: "<sip:alice@example.org>;tag=8" }), 407],
    ["im: for sip:", message({ from: "<im:alice@example.com>;tag=9" }), 407],
    [
      "a Route that leads elsewhere",
      message({ from: "<sip:eve@far.net>;tag=10", more: ["Route: <sip:198.51.100.77;lr>"] }),
      200,
    ],
    [
      "a recipient elsewhere",
      message({ from: "<sip:eve@far.net>;tag=11", uri: "sip:victim@third.net" }),
      403,
    ],
    [
      "a recipient elsewhere with us as its user",
      message({ from: "<sip:eve@far.net>;tag=12", uri: "sip:bob%40example.com@third.net" }),
      403,
    ],
  ])("%s", async (_, text, status) => {
    const { udp, taken } = await edgeOnSockets();
    const phone = await udpPhone(udp);
    expect(response(await phone.ask(text)).status).toBe(status);
    for (const { message: taken_ } of taken)
      expect(taken_).toMatchObject({ sender: { kind: "claimed" }, route: [] });
  });
});
