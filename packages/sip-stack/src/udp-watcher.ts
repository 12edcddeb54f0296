import type { Peer } from "./peer.js";

/** Who waits for an answer over UDP, and wants to know when there can be none. */
export interface UdpWatcher {
  unreachable(reason: string, peer: Peer): void;
}
