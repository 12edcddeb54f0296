import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

const open: (() => void)[] = [];

/** Closes every peer of a test file. */
export function closePeers(): void {
  for (const close of open.splice(0)) close();
}

/** Something that sends bytes as they are and remembers what comes back. */
export interface RawPeer {
  send(bytes: string | Uint8Array): void;
  /** What arrived up to now, all of it. */
  readonly arrived: string;
  /** The first message that holds all of `marks`; rejects when none arrives in time. */
  answer(...marks: readonly string[]): Promise<Answer>;
}

/** A message that the server sent, in the parts that a test looks at. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly text: string;
}

const withinMs = 8_000;

/** A UDP socket with nothing of SIP in it, on a loopback address of its own where a test needs another source. */
export async function rawUdp(
  port: number,
  address = "127.0.0.1",
): Promise<RawPeer & { readonly port: number }> {
  const socket: UdpSocket = createSocket("udp4");
  const datagrams: string[] = [];
  socket.on("message", (datagram) => datagrams.push(datagram.toString("latin1")));
  socket.on("error", () => undefined);
  socket.bind(0, address);
  await once(socket, "listening");
  open.push(() => socket.close());
  return {
    port: socket.address().port,
    send: (bytes) => socket.send(bytes, port, "127.0.0.1", () => undefined),
    get arrived() {
      return datagrams.join("");
    },
    answer: (...marks) => firstWith(() => datagrams, marks),
  };
}

/** A connection with nothing of SIP in it. */
export interface RawConnection extends RawPeer {
  readonly isClosed: boolean;
  readonly socket: Socket;
  close(): void;
  /** Resolves when the server has ended it; rejects when it did not in time. */
  closed(withinMs: number): Promise<void>;
}

/** Connects, over TCP or TLS. */
export async function rawConnection(port: number, transport: "tcp" | "tls" = "tcp"): Promise<RawConnection> {
  const socket =
    transport === "tls"
      ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
      : connect(port, "127.0.0.1");
  let arrived = "";
  let isClosed = false;
  socket.on("data", (chunk: Buffer) => (arrived += chunk.toString("latin1")));
  for (const event of ["end", "close", "error"] as const) socket.on(event, () => (isClosed = true));
  open.push(() => socket.destroy());
  await once(socket, transport === "tls" ? "secureConnect" : "connect");
  return {
    socket,
    get isClosed() {
      return isClosed;
    },
    get arrived() {
      return arrived;
    },
    send: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
    answer: (...marks) => firstWith(() => messagesOf(arrived), marks),
    closed: (limitMs) => until(() => isClosed, "the server closes the connection", limitMs),
  };
}

/** What came over a connection, cut where a message begins. */
export function messagesOf(arrived: string): string[] {
  return arrived.split(/(?=SIP\/2\.0 \d{3} |MESSAGE sip:)/);
}

async function firstWith(texts: () => readonly string[], marks: readonly string[]): Promise<Answer> {
  const found = () =>
    texts().find((text) => text.includes("\r\n\r\n") && marks.every((mark) => text.includes(mark)));
  await until(() => found() !== undefined, `there is an answer with ${marks.join(" and ")}`, withinMs);
  const text = found() ?? "";
  const [, status = "0", reason = ""] = /^SIP\/2\.0 (\d+) (.*)\r$/m.exec(text) ?? [];
  return { status: Number(status), reason, text };
}

/** Waits until something is so. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  limitMs = withinMs,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`after ${limitMs} ms it is still not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
