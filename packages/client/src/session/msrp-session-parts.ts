import type { MsrpSessionParts } from "@heliograph/msrp-stack";
import type { OpenedLine } from "./line.js";

/** What the MSRP end point has to know of a section on which offer and answer have met. @spec MS-14 */
export function msrpSessionParts({
  end,
  accepts,
  peer,
  role,
  direction,
  connectTo,
}: OpenedLine): MsrpSessionParts {
  return {
    uri: end.uri.text,
    ...(end.relay && { relay: end.relay }),
    role,
    peerPath: peer.path.map(({ text }) => text),
    ...(connectTo && { connectTo }),
    fingerprints: peer.fingerprints,
    direction,
    ...accepts,
    peerAcceptTypes: peer.acceptTypes,
    ...(peer.maxSize !== undefined && { peerMaxBytes: peer.maxSize }),
  };
}
