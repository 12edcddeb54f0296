import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  createRequest,
  createResponse,
  type IncomingRequest,
  type SipRequest,
  type TransportName,
} from "@heliograph/sip";
import { WebSocket } from "ws";
import { createSipStack } from "../src/index.js";
import type { NativeSipStack } from "../src/native-sip-stack.js";
import type { SipStackOptions } from "../src/stack-options.js";

const open: (() => unknown)[] = [];

/** Closes everything that a test opened, in `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** A running stack on loopback that answers 200 to everything and remembers what came. */
export async function givenStack(
  options: Partial<SipStackOptions> & { readonly transports?: readonly TransportName[] } = {},
) {
  const { transports = ["udp"], ...rest } = options;
  const listen = transports.map((transport) => ({ transport, address: "127.0.0.1", port: 0 }));
  const stack = createSipStack({ listen, ...rest });
  const received: IncomingRequest[] = [];
  stack.onRequest((incoming) => {
    received.push(incoming);
    if (incoming.request.method !== "ACK") {
      incoming.respond(createResponse(incoming.request, 200, { toTag: "theirs" }));
    }
  });
  open.push(() => stack.stop());
  await stack.start();
  return {
    stack,
    received,
    port: (transport: TransportName = transports[0] ?? "udp") => portOf(stack, transport),
  };
}

function portOf(stack: NativeSipStack, transport: TransportName): number {
  return stack.listeningPoints.find((point) => point.transport === transport)?.port ?? 0;
}

/** What arrived at a raw peer, in order, for `next` to hand out. */
class Arrivals {
  readonly #waiting: string[] = [];
  #take: ((text: string) => void) | undefined;

  put(text: string): void {
    const take = this.#take;
    this.#take = undefined;
    if (take) take(text);
    else this.#waiting.push(text);
  }

  next(withinMs = 3_000): Promise<string> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return Promise.resolve(waiting);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing arrived within ${withinMs} ms`)), withinMs);
      this.#take = (text) => {
        clearTimeout(timer);
        resolve(text);
      };
    });
  }

  get count(): number {
    return this.#waiting.length;
  }
}

/** A UDP socket with nothing of SIP in it. */
export async function rawUdp(address = "127.0.0.1") {
  const socket: UdpSocket = createSocket({ type: address.includes(":") ? "udp6" : "udp4" });
  const arrivals = new Arrivals();
  const bytes: Uint8Array[] = [];
  let from = 0;
  socket.on("message", (datagram, source) => {
    from = source.port;
    bytes.push(datagram);
    arrivals.put(datagram.toString("latin1"));
  });
  socket.bind(0, address);
  await once(socket, "listening");
  let isClosed = false;
  const close = () =>
    isClosed ||
    new Promise<void>((resolve) => {
      isClosed = true;
      socket.close(() => resolve());
    });
  open.push(close);
  return {
    port: socket.address().port,
    send: (data: string | Uint8Array, port: number) => socket.send(data, port, address),
    next: (withinMs?: number) => arrivals.next(withinMs),
    bytes,
    lastFrom: () => from,
    count: () => arrivals.count,
    close,
  };
}

/** A TCP connection with nothing of SIP in it. */
export async function rawTcp(port: number) {
  const socket = connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  return rawStream(socket);
}

/** A TLS connection with nothing of SIP in it. */
export async function rawTls(port: number, options: { ca?: string; key?: string; cert?: string }) {
  const socket = connectTls({ host: "127.0.0.1", port, ...options });
  await once(socket, "secureConnect");
  return rawStream(socket);
}

/** Anything that reads and writes bytes, as a test sees it. */
export function rawStream(socket: Socket) {
  const arrivals = new Arrivals();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => arrivals.put(chunk.toString("latin1")));
  open.push(() => socket.destroy());
  return {
    socket,
    send: (data: string | Uint8Array) => socket.write(data),
    next: (withinMs?: number) => arrivals.next(withinMs),
    closed,
    isOpen: () => !socket.destroyed,
  };
}

/** A WebSocket with nothing of SIP in it. */
export async function rawWebSocket(url: string, protocols: string | string[] = "sip", options: object = {}) {
  const socket = new WebSocket(url, protocols, options);
  const arrivals = new Arrivals();
  const kinds: string[] = [];
  socket.on("message", (data, isBinary) => {
    kinds.push(isBinary ? "binary" : "text");
    arrivals.put(Buffer.isBuffer(data) ? data.toString() : "");
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  open.push(() => socket.terminate());
  await once(socket, "open");
  return { socket, kinds, next: (withinMs?: number) => arrivals.next(withinMs), closed };
}

let serial = 0;

/** A MESSAGE as text, with what differs. */
export function message(
  parts: {
    readonly via?: string;
    readonly method?: string;
    readonly headers?: readonly string[];
    readonly body?: string;
    readonly contentLength?: number;
  } = {},
): string {
  serial += 1;
  const { method = "MESSAGE", body = "hello" } = parts;
  const length = parts.contentLength ?? Buffer.byteLength(body);
  return [
    `${method} sip:bob@127.0.0.1 SIP/2.0`,
    `Via: ${parts.via ?? `SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-${serial};rport`}`,
    "Max-Forwards: 70",
    `From: <sip:alice@127.0.0.1>;tag=f${serial}`,
    "To: <sip:bob@127.0.0.1>",
    `Call-ID: call-${serial}`,
    `CSeq: 1 ${method}`,
    ...(parts.headers ?? []),
    ...(length < 0 ? [] : [`Content-Length: ${length}`]),
    "",
    body,
  ].join("\r\n");
}

/** A MESSAGE of ours. */
export function outgoing(body = "hello", method = "MESSAGE"): SipRequest {
  serial += 1;
  return createRequest({
    method,
    requestUri: "sip:bob@127.0.0.1",
    headers: [
      ["Max-Forwards", "70"],
      ["From", `<sip:alice@127.0.0.1>;tag=o${serial}`],
      ["To", "<sip:bob@127.0.0.1>"],
      ["Call-ID", `own-${serial}`],
      ["CSeq", `1 ${method}`],
    ],
    body: Buffer.from(body),
  });
}

/** The answer that a peer of ours would give to a request as text. */
export function answerTo(request: string, status = "200 OK", headers: readonly string[] = []): string {
  const kept = request
    .slice(0, request.indexOf("\r\n\r\n"))
    .split("\r\n")
    .filter((line) => /^(?:via|from|to|call-id|cseq):/i.test(line))
    .map((line) => (/^to:/i.test(line) ? `${line};tag=peer` : line));
  return [`SIP/2.0 ${status}`, ...kept, ...headers, "Content-Length: 0", "", ""].join("\r\n");
}

/** A header field's value in a message as text. */
export function header(text: string, name: string): string {
  const line = text.split("\r\n").find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim() ?? "";
}

/** Waits until `holds`, which a test cannot be told of otherwise. */
export async function until(holds: () => boolean, withinMs = 3_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end)
      throw new Error(`did not come true within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
