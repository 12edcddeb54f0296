import type { MsrpMedia } from "./msrp-media.js";

/** Where the active side opens its connection. */
export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly transport: string;
}

/** The peer's next hop: the leftmost URI of its path, or under CEMA its c/m-line. @spec rfc4975#8.3 @spec MS-14 */
export function connectTargetOf(peer: MsrpMedia, by: "path" | "c/m-line"): ConnectTarget {
  const [{ host, port, isSecure, transport }] = peer.path;
  if (by === "path") return { host, port, isSecure, transport };
  return { host: peer.host, port: peer.line.port, isSecure, transport };
}
