import type { ChunkSink } from "@heliograph/msrp";
import type { Fingerprint } from "@heliograph/sdp";
import type { ConnectionSnapshot } from "./connection-counters.js";

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

/**
 * One connection that carries MSRP, whatever is below it. Nothing is read before `start`. A connection that somebody
 * opened to us is closed when no whole request came in time, and each is when its input cannot be framed any more,
 * after the sink was told by `onBroken`.
 */
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
  /**
   * Reads from now on. What is passed to `onBody` is a view of the input, which nobody writes to again: it may be
   * written on as it is. To keep it is to keep the whole input.
   */
  start(sink: ChunkSink): void;
  /**
   * Queues octets, which must not change afterwards; what is written in one turn of the event loop leaves together.
   * False: enough is waiting, go on when `onDrained` is called; or the connection is closed, which `onClosed` tells.
   */
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
  /** Hears once that it is closed, however that came. Several hearers; one that comes too late is called at once. */
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

/** How the far end of a TLS connection that we open proves who it is. @spec rfc4975#5.4 @spec rfc4975#14.4 @spec MS-12 */
export type ServerProof =
  /** A trusted authority vouches for a certificate with this name, by default that of the host. */
  | { readonly kind: "authority"; readonly name?: string }
  /** The certificate has one of these fingerprints, by the strongest hash that they name. */
  | { readonly kind: "fingerprints"; readonly fingerprints: readonly Fingerprint[] }
  /** Nothing is asked: the caller looks at `peerCertificate` itself. */
  | { readonly kind: "none" };

/** Where to connect. */
export interface DialTarget {
  readonly transport: MsrpTransportName;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** By default an authority's. */
  readonly proof?: ServerProof;
  /** Whether an open connection to the same place will do, as it does by default. @spec MS-13 */
  readonly isShared?: boolean;
  /** The resource of a WebSocket URL: "/" by default. */
  readonly resource?: string;
}

/** No connection came to be; says why. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
}

/** The MSRP sockets of a process: listeners, and connections in both directions. */
export interface MsrpConnections {
  /** Opens every listener, or none. */
  start(): Promise<void>;
  readonly listeningPoints: readonly MsrpListeningPoint[];
  /** Of our own certificate, for `a=fingerprint`; none without one. @spec MS-12 */
  readonly fingerprints: readonly Fingerprint[];
  /** Hears of each connection that somebody opened to us, which it has to `start`. One hearer. */
  onConnection(hear: (connection: MsrpConnection) => void): void;
  /**
   * A connection to somewhere: one that is open or being opened, or a new one. Who gets a shared one may not be the
   * first: `start` it only once. Rejects with a {@link ConnectError}.
   *
   * @spec MS-13
   */
  connect(target: DialTarget): Promise<MsrpConnection>;
  readonly snapshot: ConnectionSnapshot;
  /** Takes no more connections; those that are open stay. */
  stopListening(): Promise<void>;
  /** Closes everything. */
  stop(): Promise<void>;
}
