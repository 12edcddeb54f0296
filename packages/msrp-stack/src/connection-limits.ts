import { type ChunkLimits, defaultChunkLimits } from "@heliograph/msrp";

/** Everything that a peer could make grow, and how long it may take its time. */
export interface ConnectionLimits extends ChunkLimits {
  /** Connections that others have open to us. */
  readonly maxConnections: number;
  /** Those of one address. */
  readonly maxConnectionsPerSource: number;
  /** Connections that we open ourselves. */
  readonly maxOutgoingConnections: number;
  /** From a TCP connection to the end of its TLS and WebSocket handshakes. */
  readonly handshakeMs: number;
  /** From accepting a connection to its first whole request. @spec rfc4976#6.1 @spec MS-17 */
  readonly firstRequestMs: number;
  /** From the first octet of a head to its last. */
  readonly wholeHeadMs: number;
  /** Opening a connection, handshakes included. */
  readonly connectMs: number;
  /** Octets that wait to leave when `write` begins to say false. */
  readonly highWaterBytes: number;
  /** Octets that wait to leave when a connection whose user writes on nevertheless is cut off. */
  readonly maxQueuedBytes: number;
  /** How long octets may wait while none leave: the peer is dead or does not read. */
  readonly stalledMs: number;
  /** How long a peer may take to read the last octets and close its side. */
  readonly lingerMs: number;
  /** Silence before TCP asks whether the far end is still there. @spec MS-16 */
  readonly keepAliveMs: number;
  /** From one WebSocket Ping to the next; a peer that is silent in between is dead. @spec rfc7977#6 @spec MS-16 */
  readonly pingMs: number;
  /** One WebSocket message, which is one chunk. */
  readonly maxWebSocketMessageBytes: number;
}

/** Limits under which an honest client never comes near one. */
export const defaultConnectionLimits: ConnectionLimits = {
  ...defaultChunkLimits,
  maxConnections: 50_000,
  maxConnectionsPerSource: 2_000,
  maxOutgoingConnections: 50_000,
  handshakeMs: 10_000,
  firstRequestMs: 30_000,
  wholeHeadMs: 30_000,
  connectMs: 5_000,
  highWaterBytes: 262_144,
  maxQueuedBytes: 16 << 20,
  stalledMs: 300_000,
  lingerMs: 5_000,
  keepAliveMs: 60_000,
  pingMs: 30_000,
  maxWebSocketMessageBytes: 1 << 20,
};
