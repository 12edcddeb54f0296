import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { bind, type Credentials, unbind } from "@heliograph/sockets";
import type { ConnectionTable } from "./connection-table.js";
import type { MsrpListenOptions } from "./connections-options.js";
import type { ConnectionParts, SocketConnection } from "./socket-connection.js";
import { StreamConnection } from "./stream-connection.js";
import { serverTlsOptions } from "./tls-options.js";

/** What a listener for connections is told. */
export interface ListenerParts {
  readonly options: MsrpListenOptions;
  readonly tls: Credentials | undefined;
  readonly table: ConnectionTable;
  readonly connection: ConnectionParts;
  readonly onConnection: (connection: SocketConnection) => void;
}

/** Accepts TCP or TLS connections. @spec rfc4975#5.4 @spec MS-12 */
export class StreamListener {
  readonly transport: "tcp" | "tls";
  readonly address: string;
  port: number;
  readonly #parts: ListenerParts;
  readonly #server: Server;

  constructor(transport: "tcp" | "tls", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    this.#server =
      transport === "tls" ? this.#tlsServer() : createTcpServer((socket) => this.#acceptPlain(socket));
  }

  async start(): Promise<void> {
    this.port = await bind(this.#server, this.#parts.options);
  }

  stop(): Promise<void> {
    return unbind(this.#server);
  }

  #tlsServer(): Server {
    const { connection, tls } = this.#parts;
    const server = createTlsServer(
      { ...serverTlsOptions(tls, true), handshakeTimeout: connection.limits.handshakeMs },
      (socket) => this.#keep(socket),
    );
    server.on("connection", (socket: Socket) => this.#admit(socket));
    server.on("tlsClientError", (_error, socket) => {
      connection.counters.handshakesRefused += 1;
      socket.destroy();
    });
    return server;
  }

  #acceptPlain(socket: Socket): void {
    if (this.#admit(socket)) this.#keep(socket);
  }

  #admit(socket: Socket): boolean {
    return this.#parts.table.admit(socket, this.#parts.options.isBehindProxy !== true);
  }

  #keep(socket: Socket): void {
    const { connection, table, onConnection } = this.#parts;
    const kept = new StreamConnection(socket, { transport: this.transport, openedBy: "peer" }, connection);
    table.add(kept);
    onConnection(kept);
  }
}
