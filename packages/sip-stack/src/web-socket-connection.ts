import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { Connection, type ConnectionParts, type FlowCertificate, type Origin } from "./connection.js";
import { certificateOf } from "./socket-certificate.js";

const pong = "\r\n";

/**
 * SIP over WebSocket: one SIP message in one WebSocket message, in text or binary frames, however fragmented.
 *
 * @spec rfc7118#5 @spec rfc7118#6 @spec GEN-42 @spec SC-13
 */
export class WebSocketConnection extends Connection {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  /** How much had been read from the socket when the last message was whole. */
  #readUpTo = 0;

  constructor(webSocket: WebSocket, socket: Socket, origin: Origin, parts: ConnectionParts) {
    super(socket, origin, parts);
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#readUpTo = socket.bytesRead;
    webSocket.on("message", (data) => this.#read(data));
    webSocket.on("ping", () => this.#keptAlive());
    webSocket.on("pong", () => this.#keptAlive());
    webSocket.on("error", (error) => this.close(error.message));
    webSocket.on("close", () => this.closed("the peer closed the connection"));
  }

  override overdue(nowMs: number): "no message" | "unfinished message" | "idle" | undefined {
    if (!this.isOutgoing) this.unfinished(this.#socket.bytesRead > this.#readUpTo);
    return super.overdue(nowMs);
  }

  get certificate(): FlowCertificate | undefined {
    return certificateOf(this.#socket);
  }

  /** What is valid UTF-8 goes in a text frame, for browsers; what is not has to go in a binary one. @spec rfc7118#4.2 */
  protected write(bytes: Uint8Array): number {
    this.#webSocket.send(bytes, { binary: !isUtf8(bytes) });
    return this.#webSocket.bufferedAmount;
  }

  protected destroy(): void {
    this.#webSocket.terminate();
  }

  protected pauseFor(ms: number): void {
    this.#webSocket.pause();
    this.parts.clock.after(ms, () => this.#webSocket.resume());
  }

  #read(data: RawData): void {
    const bytes = wholeOf(data);
    this.#readUpTo = this.#socket.bytesRead;
    this.unfinished(false);
    if (!this.isOpen) return;
    if (isLineEnds(bytes)) {
      this.#keptAlive();
      if (bytes.length === 4) this.#webSocket.send(pong);
      return;
    }
    this.spoke();
    this.parts.inbox.take(bytes, this);
  }

  #keptAlive(): void {
    this.#readUpTo = this.#socket.bytesRead;
    this.parts.counters.keepAlives += 1;
    this.spoke();
  }
}

function wholeOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function isLineEnds(bytes: Uint8Array): boolean {
  return bytes.length <= 4 && bytes.every((octet) => octet === 0x0d || octet === 0x0a);
}
