import { lookup } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { type Credentials, hostText, openStream, openWebSocket, type Patience } from "@heliograph/sockets";
import { certificateOf, matchesFingerprint } from "./certificate.js";
import { ConnectError, type DialTarget } from "./connection.js";
import type { ConnectionTable } from "./connection-table.js";
import type { ConnectionParts, SocketConnection } from "./socket-connection.js";
import { StreamConnection } from "./stream-connection.js";
import { clientTlsOptions } from "./tls-options.js";
import { WebSocketConnection } from "./web-socket-connection.js";

/** What the dialler needs. */
export interface DiallerParts {
  readonly table: ConnectionTable;
  readonly connection: ConnectionParts;
  readonly tls: Credentials | undefined;
  readonly mayConnectTo: (address: string) => boolean;
}

/**
 * Opens connections, and gives those that are open or being opened to the same scheme, host and port.
 *
 * @spec rfc4975#5.4
 * @spec MS-13
 */
export class Dialler {
  readonly #parts: DiallerParts;
  readonly #shared = new Map<string, SocketConnection>();
  readonly #opening = new Map<string, Promise<SocketConnection>>();
  #openedCount = 0;

  constructor(parts: DiallerParts) {
    this.#parts = parts;
  }

  /** Rejects with a {@link ConnectError}. */
  async connect(target: DialTarget): Promise<SocketConnection> {
    if (target.isShared === false) return this.#open(target);
    const key = keyOf(target);
    const known = this.#shared.get(key);
    if (known?.isUsable && refusalOf(known.socketForProof, target) === undefined) return known;
    const opening = this.#opening.get(key);
    if (opening) return this.#shareable(await opening, target);
    const opened = this.#openShared(key, target);
    this.#opening.set(key, opened);
    try {
      return await opened;
    } finally {
      this.#opening.delete(key);
    }
  }

  async #shareable(connection: SocketConnection, target: DialTarget): Promise<SocketConnection> {
    const refusal = refusalOf(connection.socketForProof, target);
    return refusal === undefined ? connection : this.#open(target);
  }

  async #openShared(key: string, target: DialTarget): Promise<SocketConnection> {
    const connection = await this.#open(target);
    this.#shared.set(key, connection);
    connection.onClosed(() => {
      if (this.#shared.get(key) === connection) this.#shared.delete(key);
    });
    return connection;
  }

  async #open(target: DialTarget): Promise<SocketConnection> {
    const { counters, limits } = this.#parts.connection;
    try {
      if (this.#openedCount >= limits.maxOutgoingConnections)
        throw new Error("too many connections are open");
      this.#openedCount += 1;
      const connection = await this.#connect(target).catch((cause: unknown) => {
        this.#openedCount -= 1;
        throw cause;
      });
      connection.onClosed(() => (this.#openedCount -= 1));
      counters.opened += 1;
      this.#parts.table.add(connection);
      return connection;
    } catch (cause) {
      counters.connectsFailed += 1;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const { transport, host, port } = target;
      throw new ConnectError(`${transport} to ${hostText(host)}:${port}: ${reason}`, { cause });
    }
  }

  async #connect(target: DialTarget): Promise<SocketConnection> {
    if (isIP(target.host) !== 0 && !this.#parts.mayConnectTo(target.host)) throw new Error(notAllowed);
    return target.transport === "tcp" || target.transport === "tls"
      ? this.#connectStream(target)
      : this.#connectWebSocket(target);
  }

  async #connectStream(target: DialTarget): Promise<SocketConnection> {
    const { connection, tls } = this.#parts;
    const to = { host: target.host, port: target.port, lookup: this.#lookup };
    const tlsOptions = target.transport === "tls" ? clientTlsOptions(tls, nameOf(target)) : undefined;
    const socket = await openStream(to, tlsOptions, this.#patience);
    this.#prove(socket, target);
    return new StreamConnection(socket, originOf(target), connection);
  }

  async #connectWebSocket(target: DialTarget): Promise<SocketConnection> {
    const { connection, tls } = this.#parts;
    const { transport, host, port, resource = "/" } = target;
    const to = {
      url: `${transport}://${hostText(host)}:${port}${resource}`,
      subprotocol: "msrp",
      maxPayload: connection.limits.maxWebSocketMessageBytes,
      skipUTF8Validation: true,
      lookup: this.#lookup,
    };
    const tlsOptions = transport === "wss" ? clientTlsOptions(tls, nameOf(target)) : undefined;
    const { webSocket, socket } = await openWebSocket(to, tlsOptions, this.#patience);
    this.#prove(socket, target);
    return new WebSocketConnection(webSocket, socket, originOf(target), connection);
  }

  get #patience(): Patience {
    const { clock, limits } = this.#parts.connection;
    return { clock, connectMs: limits.connectMs };
  }

  #prove(socket: Socket, target: DialTarget): void {
    const refusal = refusalOf(socket, target);
    if (refusal === undefined) return;
    socket.destroy();
    throw new Error(refusal);
  }

  /** Looks a name up; addresses to which we may not connect are as if they were not there. @spec MS-58 */
  readonly #lookup: LookupFunction = (host, options, answer) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return answer(error, "", 0);
      const allowed = found.filter(({ address }) => this.#parts.mayConnectTo(address));
      const [first] = allowed;
      if (!first) return answer(new Error(notAllowed), "", 0);
      if (options.all) return answer(null, allowed);
      return answer(null, first.address, first.family);
    });
  };
}

const notAllowed = "connections to that address are not allowed";

/** Why the far end of a TLS connection is not who it should be. @spec rfc4975#5.4 @spec rfc4975#14.4 @spec MS-12 */
function refusalOf(socket: Socket, target: DialTarget): string | undefined {
  const { transport, proof = { kind: "authority" } } = target;
  if (transport === "tcp" || transport === "ws" || proof.kind === "none") return undefined;
  const certificate = certificateOf(socket);
  if (!certificate) return "the far end showed no certificate";
  if (proof.kind === "fingerprints")
    return matchesFingerprint(certificate, proof.fingerprints)
      ? undefined
      : "the certificate of the far end has another fingerprint";
  if (!certificate.isTrusted) return "nobody trusted vouches for the certificate of the far end";
  const name = nameOf(target);
  return certificate.isFor(name) ? undefined : `the certificate of the far end is not for ${name}`;
}

function nameOf({ host, proof }: DialTarget): string {
  return (proof?.kind === "authority" ? proof.name : undefined) ?? host;
}

function originOf({ transport }: DialTarget): {
  readonly transport: DialTarget["transport"];
  readonly openedBy: "us";
} {
  return { transport, openedBy: "us" };
}

function keyOf({ transport, host, port, resource = "/" }: DialTarget): string {
  return `${transport} ${host.toLowerCase()} ${port} ${resource}`;
}
