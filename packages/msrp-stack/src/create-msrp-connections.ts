import type { MsrpConnections } from "./connection.js";
import type { MsrpConnectionsOptions } from "./connections-options.js";
import { NativeMsrpConnections } from "./native-msrp-connections.js";

/** Listeners and a dialler for MSRP on sockets of this process. Nothing is opened before `start`. */
export function createMsrpConnections(options: MsrpConnectionsOptions): MsrpConnections {
  return new NativeMsrpConnections(options);
}
