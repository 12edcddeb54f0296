import type { MsrpMedia } from "@heliograph/sdp";
import type { TransportName } from "@heliograph/sip";

/** What MSRP goes over between us and our next hop. */
export type MediaTransport = "tcp" | "tls" | "ws";

/** What suits a client that reaches its service so: a browser has WebSockets alone, and who wants privacy wants it twice. */
export const mediaTransportFor = {
  udp: "tcp",
  tcp: "tcp",
  tls: "tls",
  ws: "ws",
  wss: "ws",
} as const satisfies Record<TransportName, MediaTransport>;

/** What a section of a peer goes over: the first URI of its path is where we would connect. @spec rfc7977#5.2.2 */
export function mediaTransportOf({ path: [first], line }: MsrpMedia): MediaTransport {
  if (first.transport === "ws") return "ws";
  return line.protocol === "TCP/TLS/MSRP" ? "tls" : "tcp";
}
