import type { Fingerprint } from "@heliograph/sdp";
import { fingerprintsOf } from "./certificate.js";
import type { DialTarget, MsrpConnection, MsrpConnections, MsrpListeningPoint } from "./connection.js";
import { type ConnectionSnapshot, newCounters } from "./connection-counters.js";
import { defaultConnectionLimits } from "./connection-limits.js";
import { ConnectionTable } from "./connection-table.js";
import type { MsrpConnectionsOptions, MsrpListenOptions } from "./connections-options.js";
import { Dialler } from "./dialler.js";
import type { ConnectionParts, SocketConnection } from "./socket-connection.js";
import { StreamListener } from "./stream-listener.js";
import { WebSocketListener } from "./web-socket-listener.js";

/** MSRP on sockets of this process. */
export class NativeMsrpConnections implements MsrpConnections {
  readonly fingerprints: readonly Fingerprint[];
  readonly #parts: ConnectionParts;
  readonly #table: ConnectionTable;
  readonly #dialler: Dialler;
  readonly #listeners: readonly (StreamListener | WebSocketListener)[];
  #hear: ((connection: MsrpConnection) => void) | undefined;

  constructor(options: MsrpConnectionsOptions) {
    const { tls, clock, chance } = options;
    this.#parts = {
      clock,
      chance,
      counters: newCounters(),
      limits: { ...defaultConnectionLimits, ...options.limits },
      onException: options.onException ?? (() => undefined),
    };
    this.#table = new ConnectionTable(this.#parts);
    this.#dialler = new Dialler({
      tls,
      table: this.#table,
      connection: this.#parts,
      mayConnectTo: options.mayConnectTo ?? (() => true),
    });
    this.#listeners = options.listen.map((one) => this.#listener(one, options));
    this.fingerprints = tls?.cert ? fingerprintsOf(tls.cert) : [];
  }

  get listeningPoints(): readonly MsrpListeningPoint[] {
    return this.#listeners.map(({ transport, address, port }) => ({ transport, address, port }));
  }

  get snapshot(): ConnectionSnapshot {
    return { ...this.#parts.counters, openConnections: this.#table.size };
  }

  onConnection(hear: (connection: MsrpConnection) => void): void {
    this.#hear = hear;
  }

  connect(target: DialTarget): Promise<MsrpConnection> {
    return this.#dialler.connect(target);
  }

  async start(): Promise<void> {
    try {
      for (const listener of this.#listeners) await listener.start();
    } catch (cause) {
      await this.stop();
      throw cause;
    }
  }

  async stopListening(): Promise<void> {
    await Promise.all(this.#listeners.map((one) => one.stop()));
  }

  async stop(): Promise<void> {
    this.#table.closeAll();
    await this.stopListening();
  }

  #listener(options: MsrpListenOptions, { tls }: MsrpConnectionsOptions): StreamListener | WebSocketListener {
    const onConnection = (connection: SocketConnection) => this.#tell(connection);
    const parts = { options, tls, table: this.#table, connection: this.#parts, onConnection };
    return options.transport === "tcp" || options.transport === "tls"
      ? new StreamListener(options.transport, parts)
      : new WebSocketListener(options.transport, parts);
  }

  #tell(connection: SocketConnection): void {
    if (!this.#hear) return connection.destroy("nobody takes connections here");
    try {
      this.#hear(connection);
    } catch (cause) {
      this.#parts.counters.exceptions += 1;
      this.#parts.onException(cause);
      connection.destroy("this side failed");
    }
  }
}
