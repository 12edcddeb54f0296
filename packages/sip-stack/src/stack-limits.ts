import { defaultParseLimits, type ParseLimits } from "@heliograph/sip";

/** Everything that a peer could make grow, and how long it may take its time. */
export interface StackLimits extends ParseLimits {
  readonly maxConnections: number;
  /** Connections that one address may have open to us. */
  readonly maxConnectionsPerSource: number;
  /** Connections that we open ourselves; the least recently used idle one makes room. */
  readonly maxOutgoingConnections: number;
  /** From accepting a connection to its first whole message or keep-alive, handshakes included. */
  readonly firstMessageMs: number;
  /** From the first byte of a message to its last. */
  readonly wholeMessageMs: number;
  /** Without a message or keep-alive in either direction. Registered clients with no keep-alive live on this. */
  readonly idleMs: number;
  /** Bytes that wait because the peer reads too slowly; beyond that it is cut off. */
  readonly maxWriteBufferBytes: number;
  /** Transactions alive at once, both sides together; new requests above it get 503. */
  readonly maxTransactions: number;
  /** What Retry-After says in those 503s. */
  readonly retryAfterS: number;
  readonly connectMs: number;
  /** One DNS question, its repetitions included. */
  readonly dnsMs: number;
  /** How many hops one request tries at most. */
  readonly maxHops: number;
}

/** Limits under which an honest client never comes near one. */
export const defaultStackLimits: StackLimits = {
  ...defaultParseLimits,
  maxConnections: 100_000,
  maxConnectionsPerSource: 1_000,
  maxOutgoingConnections: 4_096,
  firstMessageMs: 10_000,
  wholeMessageMs: 32_000,
  idleMs: 2 * 3_600_000,
  maxWriteBufferBytes: 1 << 20,
  maxTransactions: 400_000,
  retryAfterS: 5,
  connectMs: 4_000,
  dnsMs: 2_000,
  maxHops: 8,
};
