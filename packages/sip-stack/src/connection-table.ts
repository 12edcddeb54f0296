import type { Socket } from "node:net";
import type { Clock, Timer } from "@heliograph/kernel";
import type { Flow } from "@heliograph/sip";
import { plainAddress } from "@heliograph/sockets";
import type { Connection } from "./connection.js";
import type { StackCounters } from "./stack-counters.js";
import type { StackLimits } from "./stack-limits.js";

const sweepMs = 1_000;

/** What the table of connections needs. */
export interface ConnectionTableParts {
  readonly clock: Clock;
  readonly counters: StackCounters;
  readonly limits: StackLimits;
  readonly onClosed: (flow: Flow, reason: string) => void;
}

/** Every open connection: lets in as many as there may be, finds them by name and by far end, closes the overdue. */
export class ConnectionTable {
  readonly #parts: ConnectionTableParts;
  readonly #byId = new Map<string, Connection>();
  readonly #byFarEnd = new Map<string, Connection>();
  readonly #socketsOf = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  #sweeping: Timer | undefined;

  constructor(parts: ConnectionTableParts) {
    this.#parts = parts;
  }

  /** SIP connections, those still in a handshake excluded. */
  get size(): number {
    return this.#byId.size;
  }

  /** Lets an accepted socket in, or destroys it because there are too many, in all or of its address. */
  admit(socket: Socket): boolean {
    const { counters, limits } = this.#parts;
    const source = plainAddress(socket.remoteAddress ?? "");
    const ofSource = this.#socketsOf.get(source) ?? 0;
    if (this.#sockets.size >= limits.maxConnections) counters.connectionsRefused += 1;
    else if (ofSource >= limits.maxConnectionsPerSource) counters.connectionsRefusedOfSource += 1;
    else {
      counters.connectionsAccepted += 1;
      this.#sockets.add(socket);
      this.#socketsOf.set(source, ofSource + 1);
      socket.once("close", () => this.#release(socket, source));
      return true;
    }
    socket.destroy();
    return false;
  }

  /** Keeps a connection until it closes; `farEnd` is the name under which requests may reuse it. */
  add(connection: Connection, farEnd?: string): void {
    this.#byId.set(connection.id, connection);
    if (farEnd !== undefined) this.#byFarEnd.set(farEnd, connection);
    connection.hearClose((reason) => {
      this.#byId.delete(connection.id);
      if (farEnd !== undefined && this.#byFarEnd.get(farEnd) === connection) this.#byFarEnd.delete(farEnd);
      this.#parts.onClosed(connection, reason);
    });
    this.#sweeping ??= this.#parts.clock.after(sweepMs, () => this.#sweep());
  }

  byId(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  byFarEnd(farEnd: string): Connection | undefined {
    return this.#byFarEnd.get(farEnd);
  }

  /** Closes every connection, and every socket that is still in a handshake. */
  closeAll(): void {
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
    for (const connection of this.#byId.values()) connection.close("this server stops");
    for (const socket of this.#sockets) socket.destroy();
  }

  #release(socket: Socket, source: string): void {
    this.#sockets.delete(socket);
    const left = (this.#socketsOf.get(source) ?? 1) - 1;
    if (left > 0) this.#socketsOf.set(source, left);
    else this.#socketsOf.delete(source);
  }

  /** One timer for all of them, instead of one or two armed anew with every message of each. */
  #sweep(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const connection of this.#byId.values()) {
      const overdue = connection.overdue(nowMs);
      if (overdue === undefined) continue;
      if (overdue === "idle") this.#parts.counters.idleClosed += 1;
      else this.#parts.counters.slowSendersClosed += 1;
      connection.close(`the connection is overdue: ${overdue}`);
    }
    this.#sweeping =
      this.#byId.size === 0 ? undefined : this.#parts.clock.after(sweepMs, () => this.#sweep());
  }
}
