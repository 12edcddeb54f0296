import type { ChunkSink } from "@heliograph/msrp";

/** What MSRP runs over here. @spec rfc4975#4 @spec rfc7977#4 */
export type MsrpTransportName = "tcp" | "tls" | "ws" | "wss";

/** The certificate that the far end of a TLS connection showed. @spec MS-12 */
export interface PeerCertificate {
  /** Digest of the certificate by a hash as `a=fingerprint` names it (`sha-256`), octets; undefined for an unknown hash. */
  digest(hash: string): Uint8Array | undefined;
  /** DNS names and addresses of its subject alternative names. */
  readonly names: readonly string[];
  /** Whether a trusted authority vouches for it. */
  readonly isTrusted: boolean;
}

/** One connection that carries MSRP, whatever is below it. Nothing is read before `start`. */
export interface MsrpConnection {
  readonly id: string;
  readonly transport: MsrpTransportName;
  readonly openedBy: "us" | "peer";
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly peerCertificate: PeerCertificate | undefined;
  /**
   * WebSocket: each `write` must be one whole chunk or response, which becomes one WebSocket message.
   *
   * @spec rfc7977#4.2 @spec MS-22
   */
  readonly needsWholeChunks: boolean;
  /** Reads from now on. What is passed to `onBody` is a view of the input: copy it to keep it. */
  start(sink: ChunkSink): void;
  /** Queues octets, which must not change afterwards. False: enough is waiting; go on when `onDrained` is called. */
  write(octets: Uint8Array): boolean;
  /** Holds octets back until `uncork`, so that several writes are one. */
  cork(): void;
  uncork(): void;
  /** Octets that wait to leave. */
  readonly queuedBytes: number;
  /** Hears each time that a full queue has emptied. One hearer. */
  onDrained(hear: () => void): void;
  /** Stops reading, so that TCP stops the peer. */
  pause(): void;
  resume(): void;
  /** Hears once that it is closed, however that came. Several hearers. */
  onClosed(hear: (reason: string) => void): void;
  /** Closes when what is queued has left. */
  close(): void;
  /** Closes at once. */
  destroy(reason: string): void;
}

/** Where MSRP is taken. */
export interface MsrpListeningPoint {
  readonly transport: MsrpTransportName;
  readonly address: string;
  readonly port: number;
}
