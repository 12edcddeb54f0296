import type { Chance } from "@heliograph/kernel";
import { createVia, type SipRequest, type TransportName } from "@heliograph/sip";
import type { Peer } from "./peer.js";

/** With the cookie, a branch of 64 random bits: new for every transaction. @spec rfc3261#8.1.1.7 */
const branchBytes = 8;

/** The request as it leaves over `peer`: with our Via, and a new branch. @spec rfc3261#18.1.1 @spec rfc3581#3 */
export function addVia(request: SipRequest, peer: Peer, chance: Chance): SipRequest {
  const { host, port } = peer.sentBy;
  const rport = peer.isReliable ? "" : ";rport";
  const params = `;branch=z9hG4bK${chance.token(branchBytes)}${rport}`;
  return request.prependVia(createVia({ transport: viaTransportOf(peer.transport), host, port }, params));
}

/** How many bytes a request is, about: exact for ASCII, our Via and Content-Length included. */
export function sizeOf({ method, requestUri, headers, body }: SipRequest): number {
  return method.length + requestUri.length + headers.formattedLength + body.length + ownFieldsBytes;
}

const ownFieldsBytes = 120;

function viaTransportOf(transport: TransportName): string {
  switch (transport) {
    case "udp":
      return "UDP";
    case "tcp":
      return "TCP";
    case "tls":
      return "TLS";
    case "ws":
      return "WS";
    default:
      return "WSS";
  }
}
