/**
 * The generator of the MSRP figures, a process of its own: both ends of every session, so that one clock times them.
 * Told what to do by a message from its parent, reports once, and ends.
 */
import { createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { Buffer } from "node:buffer";
import { ChunkParser, type Head } from "@heliograph/msrp";

/** One end of a session: how its connection comes to be, and what stands in its paths. */
export interface LoadEnd {
  /** Dial this port; or listen at it. */
  readonly connect?: number;
  readonly listen?: number;
  readonly uri: string;
  readonly toPath: string;
  /** Binds with a bodiless SEND, as the active side of a session must. */
  readonly binds: boolean;
}

/** A session, from who sends to who receives. */
export interface LoadPair {
  readonly sender: LoadEnd;
  readonly receiver: LoadEnd;
}

/** What the generator is told. */
export type LoadOrder =
  | {
      readonly kind: "chat";
      readonly pairs: readonly LoadPair[];
      readonly perSecond: number;
      readonly messages: number;
      readonly bodyBytes: number;
    }
  | { readonly kind: "bulk"; readonly pair: LoadPair; readonly bytes: number; readonly chunkBytes: number }
  /** Binds both ends of every session and keeps them until it is ended. */
  | { readonly kind: "idle"; readonly pairs: readonly LoadPair[] };

/** What it reports. */
export type LoadReport =
  | { readonly kind: "bound" }
  | {
      readonly kind: "chatted";
      readonly received: number;
      readonly answered: number;
      readonly seconds: number;
      readonly p99Ms: number;
    }
  | { readonly kind: "moved"; readonly bytes: number; readonly seconds: number };

const givingUpMs = 90_000;
const tail = (tid: string, flag: "$" | "+"): string => `\r\n-------${tid}${flag}\r\n`;
let tids = 0;

/** One end's connection, and what arrives on it. */
class End {
  socket: Socket | undefined;
  onSend: (tid: string, fromPath: string) => void = () => undefined;
  onBody: (octets: Uint8Array) => void = () => undefined;
  onResponse: (status: number) => void = () => undefined;
  #head: Head | undefined;

  constructor(readonly facts: LoadEnd) {}

  async open(): Promise<void> {
    const { connect: port, listen } = this.facts;
    if (port !== undefined) {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      this.take(socket);
    } else if (listen !== undefined) {
      await listenAt(listen, (socket) => this.take(socket));
    }
  }

  take(socket: Socket): void {
    this.socket = socket;
    const parser = new ChunkParser({
      onHead: (head) => (this.#head = head),
      onBody: (octets) => this.onBody(octets),
      onEnd: () => this.#end(),
      onMalformed: ({ rule }) => fail(`the peer sent what is malformed at ${rule}`),
      onBroken: (rule) => fail(`the peer broke off at ${rule}`),
    });
    socket.on("data", (octets) => parser.push(octets));
    socket.on("error", ({ message }) => fail(message));
  }

  bind(): Promise<void> {
    const tid = `bind${(tids += 1)}`;
    const bound = new Promise<void>((resolve) => {
      this.onResponse = (status) => (status === 200 ? resolve() : fail(`binding was answered ${status}`));
    });
    this.socket?.write(
      `${head(this.facts, tid, `Byte-Range: 1-0/0\r\nMessage-ID: ${tid}\r\n`)}-------${tid}$\r\n`,
    );
    return bound;
  }

  #end(): void {
    const read = this.#head;
    if (read?.kind === "response") this.onResponse(read.status);
    else if (read?.hasBody) this.onSend(read.tid, read.fromPath[0] ?? "");
    else if (read?.method === "SEND") this.answer(read.tid, read.fromPath[0] ?? "");
  }

  answer(tid: string, fromPath: string): void {
    this.socket?.write(
      `MSRP ${tid} 200 OK\r\nTo-Path: ${fromPath}\r\nFrom-Path: ${this.facts.uri}\r\n-------${tid}$\r\n`,
    );
  }
}

function head({ uri, toPath }: LoadEnd, tid: string, fields: string): string {
  return `MSRP ${tid} SEND\r\nTo-Path: ${toPath}\r\nFrom-Path: ${uri}\r\n${fields}`;
}

const servers = new Map<
  number,
  { readonly server: Server; readonly waiting: ((socket: Socket) => void)[] }
>();

/** Several ends may listen at one port: each takes the next connection. */
async function listenAt(port: number, take: (socket: Socket) => void): Promise<void> {
  const known = servers.get(port);
  if (known) return void known.waiting.push(take);
  const waiting = [take];
  const server = createServer({ noDelay: true }, (socket) => waiting.shift()?.(socket));
  servers.set(port, { server, waiting });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

async function openAll(pairs: readonly LoadPair[]): Promise<{ sender: End; receiver: End }[]> {
  const ends = pairs.map(({ sender, receiver }) => ({
    sender: new End(sender),
    receiver: new End(receiver),
  }));
  const shared = new Map<string, Socket>();
  for (const { sender, receiver } of ends) {
    for (const end of [receiver, sender]) {
      const other = shared.get(keyOf(end.facts));
      if (other) end.socket = other;
      else await end.open();
      if (end.facts.connect !== undefined && end.socket) shared.set(keyOf(end.facts), end.socket);
      if (end.facts.binds && !other) await end.bind();
    }
  }
  return ends;
}

/** Ends whose URI has the same authority share a connection. */
const keyOf = ({ uri, connect: port }: LoadEnd): string => `${uri.slice(0, uri.indexOf("/", 8))} ${port}`;

async function chat({ pairs, perSecond, messages, bodyBytes }: Extract<LoadOrder, { kind: "chat" }>) {
  const ends = await openAll(pairs);
  report({ kind: "bound" });
  const latencies = new Float64Array(messages);
  const sentAtMs = new Float64Array(messages);
  let received = 0;
  let answered = 0;
  let done = (): void => undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  for (const { sender, receiver } of ends) {
    let number = 0;
    receiver.onBody = (octets) => (number = Number(Buffer.from(octets.subarray(0, 8)).toString("latin1")));
    receiver.onSend = (tid, fromPath) => {
      latencies[received] = performance.now() - (sentAtMs[number] ?? 0);
      received += 1;
      receiver.answer(tid, fromPath);
    };
    sender.onResponse = (status) => {
      if (status !== 200) fail(`a message was answered ${status}`);
      answered += 1;
      if (answered === messages) done();
    };
  }
  const filling = "x".repeat(bodyBytes - 8);
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(messages, ((performance.now() - startedMs) / 1_000) * perSecond);
    for (; sent < due; sent += 1) {
      const end = ends[sent % ends.length]?.sender;
      const tid = `t${((tids += 1)).toString(36)}x${process.pid}`;
      const fields = `Message-ID: ${tid}\r\nByte-Range: 1-${bodyBytes}/${bodyBytes}\r\nContent-Type: text/plain\r\n\r\n`;
      sentAtMs[sent] = performance.now();
      if (end)
        end.socket?.write(head(end.facts, tid, fields) + String(sent).padStart(8) + filling + tail(tid, "$"));
    }
    if (sent === messages) clearInterval(timer);
  }, 1);
  await finished;
  const seconds = (performance.now() - startedMs) / 1_000;
  const sorted = latencies.subarray(0, received).sort();
  report({
    kind: "chatted",
    received,
    answered,
    seconds,
    p99Ms: sorted[Math.floor(received * 0.99)] ?? Number.POSITIVE_INFINITY,
  });
}

async function bulk({ pair, bytes, chunkBytes }: Extract<LoadOrder, { kind: "bulk" }>) {
  const [ends] = await openAll([pair]);
  if (!ends) return;
  report({ kind: "bound" });
  const { sender, receiver } = ends;
  let arrived = 0;
  receiver.onBody = ({ length }) => (arrived += length);
  receiver.onSend = (tid, fromPath) => receiver.answer(tid, fromPath);
  const piece = Buffer.alloc(1 << 18, "heliograph ");
  const startedMs = performance.now();
  const chunks = Math.ceil(bytes / chunkBytes);
  let answered = 0;
  const finished = new Promise<void>((resolve) => {
    sender.onResponse = (status) => {
      if (status !== 200) fail(`a chunk was answered ${status}`);
      answered += 1;
      // A relay may cut chunks, but answers each of ours once.
      if (answered === chunks) resolve();
    };
  });
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const from = chunk * chunkBytes;
    const size = Math.min(chunkBytes, bytes - from);
    const tid = `b${(tids += 1)}x${process.pid}`;
    const fields = `Message-ID: bulk\r\nByte-Range: ${from + 1}-*/${bytes}\r\nContent-Type: application/octet-stream\r\n\r\n`;
    await write(sender.socket, Buffer.from(head(sender.facts, tid, fields)));
    for (let at = 0; at < size; at += piece.length) {
      await write(sender.socket, piece.subarray(0, Math.min(piece.length, size - at)));
    }
    await write(sender.socket, Buffer.from(tail(tid, chunk === chunks - 1 ? "$" : "+")));
  }
  await finished;
  if (arrived !== bytes) fail(`${arrived} octets arrived of ${bytes}`);
  report({ kind: "moved", bytes, seconds: (performance.now() - startedMs) / 1_000 });
}

async function write(socket: Socket | undefined, octets: Uint8Array): Promise<void> {
  if (socket && !socket.write(octets)) await once(socket, "drain");
}

function report(line: LoadReport): void {
  process.send?.(line);
}

function fail(why: string): never {
  process.stderr.write(`the MSRP generator gave up: ${why}\n`);
  process.exit(1);
}

setTimeout(() => fail("it took too long"), givingUpMs).unref();
process.once("message", (order: LoadOrder) => {
  const work = order.kind === "chat" ? chat(order) : order.kind === "bulk" ? bulk(order) : idle(order);
  work.catch((cause: unknown) => fail(String(cause)));
});

async function idle({ pairs }: Extract<LoadOrder, { kind: "idle" }>): Promise<void> {
  await openAll(pairs);
  report({ kind: "bound" });
}
