import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsOptions } from "node:tls";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { bind, unbind } from "./listen.js";

/** What a door for WebSockets is told. */
export interface WebSocketDoorOptions {
  /** What every client has to offer. */
  readonly subprotocol: string;
  /** How it presents itself; undefined: without TLS. */
  readonly tls: TlsOptions | undefined;
  /** How long a client may take to say what it wants. */
  readonly handshakeMs: number;
  /** Origins of pages that may come in; undefined: all. */
  readonly origins: readonly string[] | undefined;
  /** Bounds of what is read. */
  readonly limits: Pick<
    ServerOptions,
    "maxPayload" | "maxFragments" | "maxBufferedChunks" | "skipUTF8Validation"
  >;
  /** Puts headers of its own into the answer to a handshake. */
  readonly decorate?: (headers: string[], request: IncomingMessage) => void;
  /** Destroys a connection that is one too many. */
  readonly admit: (socket: Socket) => void;
  readonly onRefused: () => void;
  readonly onOpen: (webSocket: WebSocket, socket: Socket) => void;
}

const maxUpgradeHeaderBytes = 8_192;

/** An HTTP server of which nothing but WebSockets of one subprotocol comes. @spec rfc6455#4.2 @spec rfc7118#4.1 @spec rfc7977#4.1 */
export class WebSocketDoor {
  readonly #options: WebSocketDoorOptions;
  readonly #server: Server;
  readonly #handshakes: WebSocketServer;

  constructor(options: WebSocketDoorOptions) {
    this.#options = options;
    const { subprotocol, limits, decorate } = options;
    this.#handshakes = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      ...limits,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    if (decorate) this.#handshakes.on("headers", decorate);
    this.#server = this.#httpServer();
  }

  /** Gives the port that it got. */
  open(at: { readonly address: string; readonly port: number }): Promise<number> {
    return bind(this.#server, at);
  }

  /** WebSockets that are open stay open; whoever is still shaking hands is gone. */
  async close(): Promise<void> {
    await unbind(this.#server);
    this.#server.closeAllConnections();
  }

  #httpServer(): Server {
    const { tls, handshakeMs, subprotocol, admit, onRefused } = this.#options;
    const options = {
      maxHeaderSize: maxUpgradeHeaderBytes,
      headersTimeout: handshakeMs,
      requestTimeout: handshakeMs,
      keepAliveTimeout: 1_000,
      connectionsCheckingInterval: 1_000,
    };
    const server = tls
      ? createHttpsServer({ ...options, ...tls, handshakeTimeout: handshakeMs })
      : createHttpServer(options);
    server.on("connection", admit);
    server.on("tlsClientError", (_error, socket: Socket) => {
      onRefused();
      socket.destroy();
    });
    server.on("request", (_request, response) => {
      onRefused();
      response
        .writeHead(426, { Upgrade: "websocket", Connection: "close" })
        .end(`${subprotocol.toUpperCase()} over WebSocket lives here.\n`);
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    // A client that goes away in the middle of its handshake is nobody's failure.
    duplex.on("error", () => duplex.destroy());
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#options.onRefused();
      duplex.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#handshakes.handleUpgrade(request, duplex, head, (webSocket) =>
      this.#options.onOpen(webSocket, request.socket),
    );
  }

  #refusalOf({ headers }: IncomingMessage): string | undefined {
    const { subprotocol, origins } = this.#options;
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(subprotocol)) return `400 The ${subprotocol} subprotocol is required`;
    if (origins && !origins.includes(headers.origin ?? "")) return "403 Origin not allowed";
    return undefined;
  }
}
