import type { Socket } from "node:net";
import type { ListeningPoint } from "@heliograph/sip";
import { WebSocketDoor } from "@heliograph/sockets";
import type { WebSocket } from "ws";
import type { SentBy } from "./peer.js";
import { sentByOf } from "./sent-by.js";
import type { ListenerParts } from "./stream-listener.js";
import { serverTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

/** Accepts SIP over WebSocket, with TLS or without. @spec rfc7118#4.1 @spec SC-13 */
export class WebSocketListener implements ListeningPoint {
  readonly transport: "ws" | "wss";
  readonly address: string;
  port: number;
  sentBy: SentBy;
  readonly #parts: ListenerParts;
  readonly #door: WebSocketDoor;

  constructor(transport: "ws" | "wss", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    this.sentBy = sentByOf(this, parts.options.advertise);
    const { limits, counters } = parts.connection;
    this.#door = new WebSocketDoor({
      subprotocol: "sip",
      tls: transport === "wss" ? serverTlsOptions(parts.tls) : undefined,
      handshakeMs: limits.firstMessageMs,
      origins: parts.options.origins,
      limits: { maxPayload: limits.maxMessageBytes, maxFragments: 1_024, maxBufferedChunks: 4_096 },
      admit: (socket) => void parts.table.admit(socket),
      onRefused: () => (counters.handshakesRefused += 1),
      onOpen: (webSocket, socket) => this.#keep(webSocket, socket),
    });
  }

  async start(): Promise<void> {
    this.port = await this.#door.open(this.#parts.options);
    this.sentBy = sentByOf(this, this.#parts.options.advertise);
  }

  stop(): Promise<void> {
    return this.#door.close();
  }

  #keep(webSocket: WebSocket, socket: Socket): void {
    const { connection, table } = this.#parts;
    const origin = { transport: this.transport, isOutgoing: false, sentBy: this.sentBy };
    table.add(new WebSocketConnection(webSocket, socket, origin, connection));
  }
}
