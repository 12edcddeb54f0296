import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { NextHop, TransportName } from "@heliograph/sip";
import { WebSocket } from "ws";
import type { Connection, ConnectionParts } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import type { SentBy } from "./peer.js";
import { hostText } from "./sent-by.js";
import type { TlsIdentity } from "./stack-options.js";
import { StreamConnection } from "./stream-connection.js";
import { clientTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

/** What the dialler needs. */
export interface DiallerParts {
  readonly table: ConnectionTable;
  readonly connection: ConnectionParts;
  readonly tls: TlsIdentity | undefined;
  readonly webSocketPath: string;
  readonly sentByOf: (transport: TransportName) => SentBy | undefined;
}

/** No connection came to be; says why. */
export class ConnectError extends Error {}

/** A connection in use this recently may still carry the answer to a request. */
const recentMs = 32_000;

/** Opens connections, and reuses those that are open or being opened. @spec rfc3261#18.1.1 */
export class Dialler {
  readonly #parts: DiallerParts;
  readonly #opening = new Map<string, Promise<Connection>>();
  readonly #open = new Set<Connection>();

  constructor(parts: DiallerParts) {
    this.#parts = parts;
  }

  /** The connection to `hop` if there is one. */
  existing(hop: NextHop): Connection | undefined {
    return this.#parts.table.byFarEnd(keyOf(hop));
  }

  /** A connection to `hop`. Rejects with a {@link ConnectError}. */
  reach(hop: NextHop): Promise<Connection> {
    const key = keyOf(hop);
    const existing = this.#parts.table.byFarEnd(key);
    if (existing) return Promise.resolve(existing);
    const opening = this.#opening.get(key) ?? this.#start(hop, key);
    this.#opening.set(key, opening);
    return opening;
  }

  async #start(hop: NextHop, key: string): Promise<Connection> {
    const { counters } = this.#parts.connection;
    try {
      this.#makeRoom();
      const connection = await this.#connect(hop);
      counters.connectionsOpened += 1;
      this.#open.add(connection);
      connection.hearClose(() => this.#open.delete(connection));
      this.#parts.table.add(connection, key);
      return connection;
    } catch (cause) {
      counters.connectsFailed += 1;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectError(`${hop.transport} to ${hostText(hop.address)}:${hop.port}: ${reason}`, {
        cause,
      });
    } finally {
      this.#opening.delete(key);
    }
  }

  #makeRoom(): void {
    const { limits, clock } = this.#parts.connection;
    if (this.#open.size + this.#opening.size < limits.maxOutgoingConnections) return;
    let oldest: Connection | undefined;
    for (const connection of this.#open) {
      if (!oldest || connection.lastUsedMs < oldest.lastUsedMs) oldest = connection;
    }
    if (!oldest || clock.monotonicMs() - oldest.lastUsedMs < recentMs)
      throw new Error("too many connections are open");
    oldest.close("another connection needs the room");
  }

  #connect(hop: NextHop): Promise<Connection> {
    switch (hop.transport) {
      case "tcp":
      case "tls":
        return this.#connectStream(hop);
      case "ws":
      case "wss":
        return this.#connectWebSocket(hop);
      default:
        return Promise.reject(new Error("UDP has no connections"));
    }
  }

  async #connectStream(hop: NextHop): Promise<Connection> {
    const to = { host: hop.address, port: hop.port };
    const { connection, tls } = this.#parts;
    const isTls = hop.transport === "tls";
    const socket: Socket = isTls
      ? connectTls({ ...to, ...clientTlsOptions(tls, hop.domain) })
      : connectTcp(to);
    await this.#settled(
      (opened, failed) => socket.once(isTls ? "secureConnect" : "connect", opened).once("error", failed),
      () => socket.destroy(),
    );
    return new StreamConnection(socket, this.#originOf(hop), connection);
  }

  async #connectWebSocket(hop: NextHop): Promise<Connection> {
    const { connection, tls, webSocketPath } = this.#parts;
    const url = `${hop.transport}://${hostText(hop.address)}:${hop.port}${webSocketPath}`;
    const webSocket = new WebSocket(url, "sip", {
      perMessageDeflate: false,
      maxPayload: connection.limits.maxMessageBytes,
      ...(hop.transport === "wss" ? clientTlsOptions(tls, hop.domain) : {}),
    });
    let socket: Socket | undefined;
    webSocket.once("upgrade", (response) => (socket = response.socket));
    await this.#settled(
      (opened, failed) => webSocket.once("open", opened).on("error", failed),
      () => webSocket.terminate(),
    );
    if (!socket) throw new Error("the handshake ended without a connection");
    return new WebSocketConnection(webSocket, socket, this.#originOf(hop), connection);
  }

  #originOf({ transport }: NextHop): {
    transport: TransportName;
    isOutgoing: true;
    sentBy: SentBy | undefined;
  } {
    return { transport, isOutgoing: true, sentBy: this.#parts.sentByOf(transport) };
  }

  /** Waits for a connection to be opened, no longer than allowed; `abandon`s it otherwise. */
  #settled(
    begin: (opened: () => void, failed: (error: Error) => void) => void,
    abandon: () => void,
  ): Promise<void> {
    const { clock, limits } = this.#parts.connection;
    return new Promise<void>((resolve, reject) => {
      const timer = clock.after(limits.connectMs, () => {
        reject(new Error(`no connection within ${limits.connectMs} ms`));
        abandon();
      });
      const settle = (done: () => void) => {
        timer.cancel();
        done();
      };
      begin(
        () => settle(resolve),
        (error) => {
          settle(() => reject(error));
          abandon();
        },
      );
    });
  }
}

function keyOf({ transport, address, port, domain }: NextHop): string {
  const isSecure = transport === "tls" || transport === "wss";
  return isSecure ? `${transport} ${address} ${port} ${domain}` : `${transport} ${address} ${port}`;
}
