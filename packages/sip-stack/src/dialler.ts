import type { NextHop, TransportName } from "@heliograph/sip";
import { hostText, openStream, openWebSocket, type Patience } from "@heliograph/sockets";
import type { Connection, ConnectionParts } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import type { SentBy } from "./peer.js";
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
    const { connection, tls } = this.#parts;
    const to = { host: hop.address, port: hop.port };
    const tlsOptions = hop.transport === "tls" ? clientTlsOptions(tls, hop.domain) : undefined;
    const socket = await openStream(to, tlsOptions, this.#patience);
    return new StreamConnection(socket, this.#originOf(hop), connection);
  }

  async #connectWebSocket(hop: NextHop): Promise<Connection> {
    const { connection, tls, webSocketPath } = this.#parts;
    const url = `${hop.transport}://${hostText(hop.address)}:${hop.port}${webSocketPath}`;
    const to = { url, subprotocol: "sip", maxPayload: connection.limits.maxMessageBytes };
    const tlsOptions = hop.transport === "wss" ? clientTlsOptions(tls, hop.domain) : undefined;
    const { webSocket, socket } = await openWebSocket(to, tlsOptions, this.#patience);
    const opened = new WebSocketConnection(webSocket, socket, this.#originOf(hop), connection);
    webSocket.resume();
    return opened;
  }

  get #patience(): Patience {
    const { clock, limits } = this.#parts.connection;
    return { clock, connectMs: limits.connectMs };
  }

  #originOf({ transport }: NextHop): {
    transport: TransportName;
    isOutgoing: true;
    sentBy: SentBy | undefined;
  } {
    return { transport, isOutgoing: true, sentBy: this.#parts.sentByOf(transport) };
  }
}

function keyOf({ transport, address, port, domain }: NextHop): string {
  const isSecure = transport === "tls" || transport === "wss";
  return isSecure ? `${transport} ${address} ${port} ${domain}` : `${transport} ${address} ${port}`;
}
