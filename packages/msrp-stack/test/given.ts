import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ChunkSink, Head, MalformedHead } from "@heliograph/msrp";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { WebSocket } from "ws";
import {
  createMsrpConnections,
  type MsrpConnection,
  type MsrpConnectionsOptions,
  type MsrpTransportName,
} from "../src/index.js";

const open: (() => unknown)[] = [];

/** Closes something after the test. */
export function atEnd(close: () => unknown): void {
  open.push(close);
}

/** Closes everything that a test opened, in `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** What a sink was told. */
export class Heard implements ChunkSink {
  readonly heads: Head[] = [];
  readonly bodies: string[] = [];
  readonly flags: string[] = [];
  readonly malformed: MalformedHead[] = [];
  broken: string | undefined;
  bytes = 0;
  pieces = 0;
  onWhole: ((head: Head) => void) | undefined;

  onHead(head: Head): void {
    this.heads.push(head);
    this.bodies.push("");
  }

  onBody(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.pieces += 1;
    if (bytes.length < 4_096) this.bodies[this.bodies.length - 1] += Buffer.from(bytes).toString("latin1");
  }

  onEnd(flag: string): void {
    this.flags.push(flag);
    const head = this.heads.at(-1);
    if (head) this.onWhole?.(head);
  }

  onMalformed(fault: MalformedHead): void {
    this.malformed.push(fault);
  }

  onBroken(rule: string): void {
    this.broken = rule;
  }
}

/** A connection that somebody opened to us, and what it brought. */
export interface Accepted {
  readonly connection: MsrpConnection;
  readonly heard: Heard;
  closed: string | undefined;
}

/** Sockets of ours on loopback that start every connection at once and remember what came. */
export async function givenConnections(
  options: Partial<MsrpConnectionsOptions> & {
    readonly transports?: readonly MsrpTransportName[];
    readonly startsAtOnce?: boolean;
  } = {},
) {
  const { transports = ["tcp"], startsAtOnce = true, ...rest } = options;
  const listen = transports.map((transport) => ({ transport, address: "127.0.0.1", port: 0 }));
  const clock = new FakeClock();
  const chance = new PredictableChance("c");
  const connections = createMsrpConnections({ listen, clock, chance, ...rest });
  const accepted: Accepted[] = [];
  connections.onConnection((connection) => {
    const one: Accepted = { connection, heard: new Heard(), closed: undefined };
    connection.onClosed((reason) => (one.closed = reason));
    accepted.push(one);
    if (startsAtOnce) connection.start(one.heard);
  });
  open.push(() => connections.stop());
  await connections.start();
  const portOf = (transport: MsrpTransportName = transports[0] ?? "tcp"): number =>
    connections.listeningPoints.find((point) => point.transport === transport)?.port ?? 0;
  return { connections, accepted, clock, portOf };
}

/** What arrived at a raw peer. */
class Arrivals {
  text = "";
  bytes = 0;

  put(octets: Uint8Array): void {
    this.bytes += octets.length;
    if (this.text.length < 4 << 20) this.text += Buffer.from(octets).toString("latin1");
  }
}

/** Anything that reads and writes octets, as a test sees it. */
function rawStream(socket: Socket) {
  const arrivals = new Arrivals();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.on("data", (octets) => arrivals.put(octets));
  open.push(() => socket.destroy());
  return { socket, arrivals, closed, send: (data: string | Uint8Array) => socket.write(data) };
}

/** A TCP connection with nothing of MSRP in it. */
export async function rawTcp(port: number, options: { readonly allowHalfOpen?: boolean } = {}) {
  const socket = connect({ host: "127.0.0.1", port, ...options });
  await once(socket, "connect");
  return rawStream(socket);
}

/** A TLS connection with nothing of MSRP in it. */
export async function rawTls(port: number, options: object) {
  const socket = connectTls({ host: "127.0.0.1", port, ...options });
  await once(socket, "secureConnect");
  return rawStream(socket);
}

/** A WebSocket with nothing of MSRP in it. */
export async function rawWebSocket(url: string, protocols: string | string[] = "msrp", options: object = {}) {
  const socket = new WebSocket(url, protocols, options);
  const messages: { readonly text: string; readonly isBinary: boolean }[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  socket.on("upgrade", (response) => (headers = response.headers));
  socket.on("message", (data, isBinary) =>
    messages.push({ text: Buffer.isBuffer(data) ? data.toString("latin1") : "", isBinary }),
  );
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  open.push(() => socket.terminate());
  await once(socket, "open");
  return { socket, messages, closed, headers };
}

/** Waits for a fact. */
export async function until(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end)
      throw new Error(`did not come true within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

let serial = 0;

/** A SEND as text, with what differs. */
export function send(
  parts: {
    readonly tid?: string;
    readonly to?: string;
    readonly from?: string;
    readonly method?: string;
    readonly messageId?: string;
    readonly range?: string;
    readonly fields?: readonly string[];
    readonly type?: string;
    /** Undefined: none at all. */
    readonly body?: string | undefined;
    readonly flag?: string;
  } = {},
): string {
  serial += 1;
  const tid = parts.tid ?? `tid${String(serial).padStart(6, "0")}`;
  const body = "body" in parts ? parts.body : "hello";
  const type = parts.type ?? "text/plain";
  return [
    `MSRP ${tid} ${parts.method ?? "SEND"}`,
    `To-Path: ${parts.to ?? "msrp://127.0.0.1:2855/abcdefghijklmnopqrst;tcp"}`,
    `From-Path: ${parts.from ?? "msrp://127.0.0.1:2856/zyxwvutsrqponmlkjihg;tcp"}`,
    `Message-ID: ${parts.messageId ?? `mid${String(serial).padStart(6, "0")}`}`,
    ...(parts.range === undefined ? [] : [`Byte-Range: ${parts.range}`]),
    ...(parts.fields ?? []),
    ...(body === undefined ? [] : [`Content-Type: ${type}`, "", body]),
    `-------${tid}${parts.flag ?? "$"}`,
    "",
  ].join("\r\n");
}
