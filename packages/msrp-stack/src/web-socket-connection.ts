import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { type ConnectionParts, type Origin, type Overdue, SocketConnection } from "./socket-connection.js";

/**
 * MSRP over WebSocket: one chunk in one message, in text or binary frames, however fragmented. What a peer spreads over
 * several messages is read all the same.
 *
 * @spec rfc7977#4.2 @spec rfc7977#5.1 @spec MS-22 @spec R-msrp-stack-1
 */
export class WebSocketConnection extends SocketConnection {
  readonly needsWholeChunks = true;
  readonly #webSocket: WebSocket;
  #isDue = false;
  #pingedMs: number;
  #readUpTo = 0;
  #isPingOpen = false;

  constructor(webSocket: WebSocket, socket: Socket, origin: Origin, parts: ConnectionParts) {
    super(socket, origin, parts);
    this.#webSocket = webSocket;
    this.#pingedMs = parts.clock.monotonicMs();
    webSocket.pause();
    webSocket.on("error", (error) => this.destroy(error.message));
    webSocket.on("close", () => this.closed("the peer closed the connection"));
  }

  get queuedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  override overdue(nowMs: number): Overdue | undefined {
    const { pingMs } = this.parts.limits;
    const overdue = super.overdue(nowMs);
    if (overdue || this.isPaused || nowMs - this.#pingedMs < pingMs || this.queuedBytes > 0) return overdue;
    const { bytesRead } = this.socket;
    if (this.#isPingOpen && bytesRead === this.#readUpTo) return "silent";
    this.#readUpTo = bytesRead;
    this.#pingedMs = nowMs;
    this.#isPingOpen = true;
    this.#webSocket.ping();
    return undefined;
  }

  protected startReading(): void {
    this.#webSocket.on("message", (data) => this.take(wholeOf(data)));
    this.#webSocket.resume();
  }

  protected setPaused(isPaused: boolean): void {
    if (isPaused) this.#webSocket.pause();
    else this.#webSocket.resume();
  }

  /** What is valid UTF-8 goes in a text frame, for browsers; what is not has to go in a binary one. @spec rfc7977#4.2 */
  protected send(octets: Uint8Array): void {
    this.#corkForNow();
    this.#webSocket.send(octets, { binary: !isUtf8(octets) });
  }

  protected end(): void {
    this.#webSocket.close(1000);
  }

  protected tearDown(): void {
    this.#webSocket.terminate();
  }

  /** What is written in this turn of the event loop leaves together. */
  #corkForNow(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.socket.cork();
    process.nextTick(() => {
      this.#isDue = false;
      this.socket.uncork();
    });
  }
}

function wholeOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
