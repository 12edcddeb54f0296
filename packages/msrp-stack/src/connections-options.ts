import type { Chance, Clock } from "@heliograph/kernel";
import type { Credentials } from "@heliograph/sockets";
import type { MsrpTransportName } from "./connection.js";
import type { ConnectionLimits } from "./connection-limits.js";

/** What `createMsrpConnections` is told. A client may listen nowhere. */
export interface MsrpConnectionsOptions {
  readonly listen: readonly MsrpListenOptions[];
  /** The identity of TLS and WSS listeners and of our own TLS connections, and whom those trust. */
  readonly tls?: Credentials;
  readonly limits?: Partial<ConnectionLimits>;
  /**
   * Whether we may connect to an address, asked once it is known. Anywhere, by default.
   *
   * @spec MS-58
   */
  readonly mayConnectTo?: (address: string) => boolean;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Hears of exceptions of sinks and hearers: bugs. */
  readonly onException?: (cause: unknown) => void;
}

/** One listener. Port 0 takes a free one. Listening on "::" takes IPv6 only: IPv4 is a listener of its own. */
export interface MsrpListenOptions {
  readonly transport: MsrpTransportName;
  readonly address: string;
  readonly port: number;
  /** Origins whose pages may open a WebSocket here; any, when not given. */
  readonly origins?: readonly string[];
  /**
   * A proxy in front ends the TLS of clients, and all connections come from it: plain WebSocket is taken elsewhere than
   * on loopback, and addresses are not counted.
   *
   * @spec rfc7977#5.1
   */
  readonly isBehindProxy?: boolean;
}
