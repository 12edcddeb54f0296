import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ListeningPoint } from "@heliograph/sip";
import { WebSocketServer } from "ws";
import { bind, unbind } from "./listen.js";
import type { SentBy } from "./peer.js";
import { sentByOf } from "./sent-by.js";
import type { ListenerParts } from "./stream-listener.js";
import { serverTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

const maxUpgradeHeaderBytes = 8_192;

/** Accepts SIP over WebSocket, with TLS or without. @spec rfc7118#4.1 @spec SC-13 */
export class WebSocketListener implements ListeningPoint {
  readonly transport: "ws" | "wss";
  readonly address: string;
  port: number;
  sentBy: SentBy;
  readonly #parts: ListenerParts;
  readonly #server: Server;
  readonly #handshakes: WebSocketServer;

  constructor(transport: "ws" | "wss", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    this.sentBy = sentByOf(this, parts.options.advertise);
    this.#handshakes = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: parts.connection.limits.maxMessageBytes,
      maxFragments: 1_024,
      maxBufferedChunks: 4_096,
      handleProtocols: (offered) => (offered.has("sip") ? "sip" : false),
    });
    this.#server = this.#httpServer();
  }

  async start(): Promise<void> {
    this.port = await bind(this.#server, this.#parts.options);
    this.sentBy = sentByOf(this, this.#parts.options.advertise);
  }

  async stop(): Promise<void> {
    await unbind(this.#server);
    this.#server.closeAllConnections();
  }

  #httpServer(): Server {
    const { connection, table, tls } = this.#parts;
    const { firstMessageMs } = connection.limits;
    const options = {
      maxHeaderSize: maxUpgradeHeaderBytes,
      headersTimeout: firstMessageMs,
      requestTimeout: firstMessageMs,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
    };
    const server =
      this.transport === "wss"
        ? createHttpsServer({ ...options, ...serverTlsOptions(tls), handshakeTimeout: firstMessageMs })
        : createHttpServer(options);
    server.on("connection", (socket: Socket) => table.admit(socket));
    server.on("tlsClientError", (_error, socket: Socket) => {
      connection.counters.handshakesRefused += 1;
      socket.destroy();
    });
    server.on("request", (_request, response) => {
      connection.counters.handshakesRefused += 1;
      response
        .writeHead(426, { Upgrade: "websocket", Connection: "close" })
        .end("SIP over WebSocket lives here.\n");
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    // A client that goes away in the middle of its handshake is nobody's failure.
    duplex.on("error", () => duplex.destroy());
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#parts.connection.counters.handshakesRefused += 1;
      duplex.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#handshakes.handleUpgrade(request, duplex, head, (webSocket) => {
      const origin = { transport: this.transport, isOutgoing: false, sentBy: this.sentBy };
      const connection = new WebSocketConnection(webSocket, request.socket, origin, this.#parts.connection);
      this.#parts.table.add(connection);
    });
  }

  #refusalOf(request: IncomingMessage): string | undefined {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes("sip")) return "400 The sip subprotocol is required";
    const { origins } = this.#parts.options;
    if (origins && !origins.includes(request.headers.origin ?? "")) return "403 Origin not allowed";
    return undefined;
  }
}
