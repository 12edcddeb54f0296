export { matchesFingerprint } from "./certificate.js";
export {
  ConnectError,
  type DialTarget,
  type MsrpConnection,
  type MsrpConnections,
  type MsrpListeningPoint,
  type MsrpTransportName,
  type PeerCertificate,
  type ServerProof,
} from "./connection.js";
export type { ConnectionSnapshot } from "./connection-counters.js";
export type { ConnectionLimits } from "./connection-limits.js";
export type { MsrpConnectionsOptions, MsrpListenOptions } from "./connections-options.js";
export { createMsrpConnections } from "./create-msrp-connections.js";
export { createMsrpEndpoints } from "./create-msrp-endpoints.js";
export * from "./session.js";
