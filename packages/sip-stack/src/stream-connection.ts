import type { Socket } from "node:net";
import { type MalformedMessage, StreamFramer } from "@heliograph/sip";
import { Connection, type ConnectionParts, type FlowCertificate, type Origin } from "./connection.js";
import { certificateOf } from "./socket-certificate.js";

const pong = Uint8Array.of(0x0d, 0x0a);
/** How much is gathered in one turn of the event loop before it is handed over. */
const flushBytes = 65_536;
const osKeepAliveMs = 60_000;
/** How long a peer that sent nonsense may take to read why it is cut off. */
const lingerMs = 1_000;

/** SIP over TCP or TLS. @spec rfc3261#18.3 @spec rfc5626#4.4.1 */
export class StreamConnection extends Connection {
  readonly #socket: Socket;
  readonly #framer: StreamFramer;

  constructor(socket: Socket, origin: Origin, parts: ConnectionParts) {
    super(socket, origin, parts);
    this.#socket = socket;
    this.#framer = new StreamFramer(parts.limits);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, osKeepAliveMs);
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("error", (error) => this.closed(error.message));
    socket.on("close", () => this.closed("the peer closed the connection"));
  }

  get certificate(): FlowCertificate | undefined {
    return certificateOf(this.#socket);
  }

  /** What is written in one turn of the event loop leaves in one piece, unless it is much. */
  protected write(bytes: Uint8Array): number {
    const socket = this.#socket;
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    socket.write(bytes);
    if (socket.writableLength >= flushBytes) socket.uncork();
    return socket.writableLength;
  }

  protected destroy(): void {
    this.#socket.destroy();
  }

  protected pauseFor(ms: number): void {
    this.#socket.pause();
    this.parts.clock.after(ms, () => this.#socket.resume());
  }

  #read(chunk: Uint8Array): void {
    for (const framed of this.#framer.push(chunk)) {
      if (!this.isOpen) return;
      switch (framed.kind) {
        case "message":
          this.spoke();
          this.parts.inbox.take(framed.bytes, this);
          break;
        case "ping":
          this.#keptAlive();
          this.send(pong);
          break;
        case "pong":
          this.#keptAlive();
          break;
        default:
          return this.#giveUp(framed.error);
      }
    }
    this.unfinished(this.#framer.waitingBytes > 0);
  }

  #keptAlive(): void {
    this.parts.counters.keepAlives += 1;
    this.spoke();
  }

  /** Nothing after this point can be framed: says why if that is possible, and closes. */
  #giveUp(malformed: MalformedMessage): void {
    this.parts.inbox.refuse(malformed, this);
    this.#socket.removeAllListeners("data");
    this.#socket.resume();
    this.#socket.end();
    this.parts.clock.after(lingerMs, () => this.#socket.destroy());
    this.closed(`the peer sent what is not SIP: ${malformed.reason}`);
  }
}
