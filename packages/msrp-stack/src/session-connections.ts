import type { Chance, Clock, Timer } from "@heliograph/kernel";
import { type BoundSession, ConnectionDriver, type SessionConnection } from "@heliograph/msrp";
import { hostText } from "@heliograph/sockets";
import type { DialTarget, MsrpConnection, MsrpConnections } from "./connection.js";

/** What connections with sessions on them need. */
export interface SessionConnectionsParts {
  readonly connections: MsrpConnections;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly keepAliveMs: number;
  readonly unboundMs: number;
  readonly find: (key: string) => BoundSession | undefined;
}

interface Shared {
  readonly connection: MsrpConnection;
  readonly driver: ConnectionDriver;
  /** Sessions that asked for it, and relays that it leads to. */
  users: number;
  isClosing: boolean;
  /** Closes it unless a session comes. */
  unbound: Timer | undefined;
}

/**
 * The connections that sessions share: each is kept while a session is on it or somebody asked for it.
 *
 * @spec rfc4975#5.4
 * @spec MS-13
 * @spec MS-17
 */
export class SessionConnections {
  readonly #parts: SessionConnectionsParts;
  readonly #shared = new Map<MsrpConnection, Shared>();
  readonly #byDriver = new WeakMap<SessionConnection, Shared>();

  constructor(parts: SessionConnectionsParts) {
    this.#parts = parts;
    parts.connections.onConnection((connection) => {
      this.#closeLater(this.#sharedOf(connection));
    });
  }

  /** A connection to a place, which is kept until it is released as often. Rejects with a ConnectError. */
  async reach(target: DialTarget): Promise<ConnectionDriver> {
    for (;;) {
      const connection = await this.#parts.connections.connect(target);
      const shared = this.#sharedOf(connection);
      if (shared.isClosing) continue;
      shared.users += 1;
      return shared.driver;
    }
  }

  /** Somebody else needs it too. */
  retain(driver: SessionConnection): void {
    const shared = this.#byDriver.get(driver);
    if (shared) shared.users += 1;
  }

  /** Who had asked for it does not need it any more. */
  release(driver: SessionConnection): void {
    const shared = this.#byDriver.get(driver);
    if (!shared) return;
    shared.users -= 1;
    this.#closeIfUnused(shared);
  }

  /** What a session's connection is made of. */
  connectionOf(driver: SessionConnection): MsrpConnection | undefined {
    return this.#byDriver.get(driver)?.connection;
  }

  #sharedOf(connection: MsrpConnection): Shared {
    const known = this.#shared.get(connection);
    if (known) return known;
    const { clock, chance, find, keepAliveMs } = this.#parts;
    const scheme = connection.transport === "tcp" || connection.transport === "ws" ? "msrp" : "msrps";
    const driver = new ConnectionDriver({
      channel: connection,
      clock,
      chance,
      find,
      keepAliveMs,
      ownUri: `${scheme}://${hostText(connection.localAddress)}:${connection.localPort};tcp`,
      onUnused: () => this.#unused(shared),
    });
    const shared: Shared = { connection, driver, users: 0, isClosing: false, unbound: undefined };
    this.#shared.set(connection, shared);
    this.#byDriver.set(driver, shared);
    connection.onClosed(() => {
      shared.isClosing = true;
      shared.unbound?.cancel();
      this.#shared.delete(connection);
    });
    return shared;
  }

  /** Who opened the connection may want it for another session. */
  #unused(shared: Shared): void {
    if (shared.connection.openedBy === "peer") this.#closeLater(shared);
    else this.#closeIfUnused(shared);
  }

  #closeLater(shared: Shared): void {
    shared.unbound?.cancel();
    shared.unbound = this.#parts.clock.after(this.#parts.unboundMs, () => this.#closeIfUnused(shared));
  }

  #closeIfUnused(shared: Shared): void {
    if (shared.isClosing || shared.users > 0 || shared.driver.sessionCount > 0) return;
    shared.isClosing = true;
    shared.connection.close();
  }
}
