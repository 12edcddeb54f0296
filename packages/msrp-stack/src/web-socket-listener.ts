import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { isLoopback } from "./address-text.js";
import { bind, unbind } from "./listen.js";
import type { ListenerParts } from "./stream-listener.js";
import { serverTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

const maxUpgradeHeaderBytes = 8_192;

/** Accepts MSRP over WebSocket, with TLS or, on loopback and behind a proxy, without. @spec rfc7977#4.1 @spec MS-22 */
export class WebSocketListener {
  readonly transport: "ws" | "wss";
  readonly address: string;
  port: number;
  readonly #parts: ListenerParts;
  readonly #server: Server;
  readonly #handshakes: WebSocketServer;

  constructor(transport: "ws" | "wss", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    if (transport === "ws" && !isLoopback(this.address) && !parts.options.isBehindProxy)
      throw new Error("MSRP over plain WebSocket is for loopback, and for a proxy that ends TLS in front");
    this.#handshakes = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: parts.connection.limits.maxWebSocketMessageBytes,
      maxFragments: 4_096,
      maxBufferedChunks: 16_384,
      // What a text frame has in it is octets: it need not be text. @spec rfc7977#4.2
      skipUTF8Validation: true,
      handleProtocols: (offered) => (offered.has("msrp") ? "msrp" : false),
    });
    this.#handshakes.on("headers", allowOrigin);
    this.#server = this.#httpServer();
  }

  async start(): Promise<void> {
    this.port = await bind(this.#server, this.#parts.options);
  }

  async stop(): Promise<void> {
    await unbind(this.#server);
    this.#server.closeAllConnections();
  }

  #httpServer(): Server {
    const { connection, tls } = this.#parts;
    const { handshakeMs } = connection.limits;
    const options = {
      maxHeaderSize: maxUpgradeHeaderBytes,
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
    };
    const server =
      this.transport === "wss"
        ? createHttpsServer({ ...options, ...serverTlsOptions(tls, false), handshakeTimeout: handshakeMs })
        : createHttpServer(options);
    server.on("connection", (socket: Socket) =>
      this.#parts.table.admit(socket, this.#parts.options.isBehindProxy !== true),
    );
    server.on("tlsClientError", (_error, socket: Socket) => {
      connection.counters.handshakesRefused += 1;
      socket.destroy();
    });
    server.on("request", (_request, response) => {
      connection.counters.handshakesRefused += 1;
      response
        .writeHead(426, { Upgrade: "websocket", Connection: "close" })
        .end("MSRP over WebSocket lives here.\n");
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    // A client that goes away in the middle of its handshake is nobody's failure.
    duplex.on("error", () => duplex.destroy());
    const { connection, table, onConnection } = this.#parts;
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      connection.counters.handshakesRefused += 1;
      duplex.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#handshakes.handleUpgrade(request, duplex, head, (webSocket) => {
      const origin = { transport: this.transport, openedBy: "peer" } as const;
      const kept = new WebSocketConnection(webSocket, request.socket, origin, connection);
      table.add(kept);
      onConnection(kept);
    });
  }

  #refusalOf(request: IncomingMessage): string | undefined {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes("msrp")) return "400 The msrp sub-protocol is required";
    const { origins } = this.#parts.options;
    if (origins && !origins.includes(request.headers.origin ?? "")) return "403 Origin not allowed";
    return undefined;
  }
}

/** @spec rfc7977#7 @spec MS-29 */
function allowOrigin(headers: string[], { headers: { origin } }: IncomingMessage): void {
  if (origin !== undefined) headers.push(`Access-Control-Allow-Origin: ${origin}`);
}
