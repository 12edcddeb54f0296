export type { MsrpConnection, MsrpListeningPoint, MsrpTransportName, PeerCertificate } from "./connection.js";
export * from "./session.js";
