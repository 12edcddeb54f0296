import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isLoopback, WebSocketDoor } from "@heliograph/sockets";
import type { WebSocket } from "ws";
import type { ListenerParts } from "./stream-listener.js";
import { serverTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

/** Accepts MSRP over WebSocket, with TLS or, on loopback and behind a proxy, without. @spec rfc7977#4.1 @spec MS-22 */
export class WebSocketListener {
  readonly transport: "ws" | "wss";
  readonly address: string;
  port: number;
  readonly #parts: ListenerParts;
  readonly #door: WebSocketDoor;

  constructor(transport: "ws" | "wss", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    const isBehindProxy = parts.options.isBehindProxy === true;
    if (transport === "ws" && !isLoopback(this.address) && !isBehindProxy)
      throw new Error("MSRP over plain WebSocket is for loopback, and for a proxy that ends TLS in front");
    const { limits, counters } = parts.connection;
    this.#door = new WebSocketDoor({
      subprotocol: "msrp",
      tls: transport === "wss" ? serverTlsOptions(parts.tls, false) : undefined,
      handshakeMs: limits.handshakeMs,
      origins: parts.options.origins,
      limits: {
        maxPayload: limits.maxWebSocketMessageBytes,
        maxFragments: 4_096,
        maxBufferedChunks: 16_384,
        // What a text frame has in it is octets: it need not be text. @spec rfc7977#4.2
        skipUTF8Validation: true,
      },
      decorate: allowOrigin,
      admit: (socket) => void parts.table.admit(socket, !isBehindProxy),
      onRefused: () => (counters.handshakesRefused += 1),
      onOpen: (webSocket, socket) => this.#keep(webSocket, socket),
    });
  }

  async start(): Promise<void> {
    this.port = await this.#door.open(this.#parts.options);
  }

  stop(): Promise<void> {
    return this.#door.close();
  }

  #keep(webSocket: WebSocket, socket: Socket): void {
    const { connection, table, onConnection } = this.#parts;
    const kept = new WebSocketConnection(
      webSocket,
      socket,
      { transport: this.transport, openedBy: "peer" },
      connection,
    );
    table.add(kept);
    onConnection(kept);
  }
}

/** @spec rfc7977#7 @spec MS-29 */
function allowOrigin(headers: string[], { headers: { origin } }: IncomingMessage): void {
  if (origin !== undefined) headers.push(`Access-Control-Allow-Origin: ${origin}`);
}
