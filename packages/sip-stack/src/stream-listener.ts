import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ListeningPoint } from "@heliograph/sip";
import { bind, unbind } from "@heliograph/sockets";
import type { ConnectionParts } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import type { SentBy } from "./peer.js";
import { sentByOf } from "./sent-by.js";
import type { ListenOptions, TlsIdentity } from "./stack-options.js";
import { StreamConnection } from "./stream-connection.js";
import { serverTlsOptions } from "./tls-options.js";

/** What a listener for connections is told. */
export interface ListenerParts {
  readonly options: ListenOptions;
  readonly tls: TlsIdentity | undefined;
  readonly table: ConnectionTable;
  readonly connection: ConnectionParts;
}

/** Accepts TCP or TLS connections. @spec rfc3261#18.2.1 @spec rfc3261#26.2.1 */
export class StreamListener implements ListeningPoint {
  readonly transport: "tcp" | "tls";
  readonly address: string;
  port: number;
  sentBy: SentBy;
  readonly #parts: ListenerParts;
  readonly #server: Server;

  constructor(transport: "tcp" | "tls", parts: ListenerParts) {
    this.transport = transport;
    this.#parts = parts;
    this.address = parts.options.address;
    this.port = parts.options.port;
    this.sentBy = sentByOf(this, parts.options.advertise);
    this.#server =
      transport === "tls" ? this.#tlsServer() : createTcpServer((socket) => this.#acceptPlain(socket));
  }

  async start(): Promise<void> {
    this.port = await bind(this.#server, this.#parts.options);
    this.sentBy = sentByOf(this, this.#parts.options.advertise);
  }

  stop(): Promise<void> {
    return unbind(this.#server);
  }

  #tlsServer(): Server {
    const { connection, table, tls } = this.#parts;
    const server = createTlsServer(
      { ...serverTlsOptions(tls), handshakeTimeout: connection.limits.firstMessageMs },
      (socket) => this.#keep(socket),
    );
    server.on("connection", (socket: Socket) => table.admit(socket));
    server.on("tlsClientError", (_error, socket) => {
      connection.counters.handshakesRefused += 1;
      socket.destroy();
    });
    return server;
  }

  #acceptPlain(socket: Socket): void {
    if (this.#parts.table.admit(socket)) this.#keep(socket);
  }

  /**
   * Who sits behind a TLS connection from outside is not proven, so only TCP ones are found by their far end.
   *
   * @spec rfc3261#18 @spec R-sip-stack-4
   */
  #keep(socket: Socket): void {
    const origin = { transport: this.transport, isOutgoing: false, sentBy: this.sentBy };
    const connection = new StreamConnection(socket, origin, this.#parts.connection);
    const farEnd =
      this.transport === "tcp" ? `tcp ${connection.remoteAddress} ${connection.remotePort}` : undefined;
    this.#parts.table.add(connection, farEnd);
  }
}
