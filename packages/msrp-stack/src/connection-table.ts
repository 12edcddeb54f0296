import type { Socket } from "node:net";
import type { Timer } from "@heliograph/kernel";
import { plainAddress } from "@heliograph/sockets";
import type { ConnectionParts, Overdue, SocketConnection } from "./socket-connection.js";

const sweepMs = 1_000;

const closings: Readonly<Record<Overdue, string>> = {
  "no request": "no whole request came in time",
  "unfinished head": "a head did not end in time",
  stalled: "the peer does not read what it is sent",
  silent: "the peer does not answer a Ping",
  lingering: "the peer does not close its side",
};

/** Every open connection: lets in as many as there may be, closes the overdue. @spec MS-16 @spec MS-17 */
export class ConnectionTable {
  readonly #parts: ConnectionParts;
  readonly #connections = new Set<SocketConnection>();
  readonly #socketsOf = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  #sweeping: Timer | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** MSRP connections, those still in a handshake excluded. */
  get size(): number {
    return this.#connections.size;
  }

  /** Lets an accepted socket in, or destroys it because there are too many, in all or of its address. */
  admit(socket: Socket, isCountedBySource: boolean): boolean {
    const { counters, limits } = this.#parts;
    const source = isCountedBySource ? plainAddress(socket.remoteAddress ?? "") : undefined;
    const ofSource = source === undefined ? 0 : (this.#socketsOf.get(source) ?? 0);
    if (this.#sockets.size >= limits.maxConnections) counters.refused += 1;
    else if (ofSource >= limits.maxConnectionsPerSource) counters.refusedOfSource += 1;
    else {
      counters.accepted += 1;
      this.#sockets.add(socket);
      if (source !== undefined) this.#socketsOf.set(source, ofSource + 1);
      socket.once("close", () => this.#release(socket, source));
      return true;
    }
    socket.destroy();
    return false;
  }

  /** Keeps a connection until it closes. */
  add(connection: SocketConnection): void {
    this.#connections.add(connection);
    connection.onClosed(() => this.#connections.delete(connection));
    this.#sweeping ??= this.#parts.clock.after(sweepMs, () => this.#sweep());
  }

  /** Closes every connection, and every socket that is still in a handshake. */
  closeAll(): void {
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
    for (const connection of this.#connections) connection.destroy("this side stops");
    for (const socket of this.#sockets) socket.destroy();
  }

  #release(socket: Socket, source: string | undefined): void {
    this.#sockets.delete(socket);
    if (source === undefined) return;
    const left = (this.#socketsOf.get(source) ?? 1) - 1;
    if (left > 0) this.#socketsOf.set(source, left);
    else this.#socketsOf.delete(source);
  }

  /** One timer for all of them, instead of several armed anew with every chunk of each. */
  #sweep(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const connection of this.#connections) {
      const overdue = connection.overdue(nowMs);
      if (overdue === undefined) continue;
      this.#count(overdue);
      connection.destroy(closings[overdue]);
    }
    this.#sweeping =
      this.#connections.size === 0 ? undefined : this.#parts.clock.after(sweepMs, () => this.#sweep());
  }

  #count(overdue: Overdue): void {
    const { counters } = this.#parts;
    if (overdue === "silent") counters.silentClosed += 1;
    else if (overdue === "stalled") counters.slowReadersClosed += 1;
    else if (overdue !== "lingering") counters.slowSendersClosed += 1;
  }
}
