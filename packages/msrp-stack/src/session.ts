export {
  type IncomingHead,
  MessageRefused,
  type MessageTaker,
  type MessageToSend,
  type Opening,
  type SendOutcome,
  type SentMessage,
  type WholeMessage,
} from "@heliograph/msrp";
import type {
  IncomingHead,
  MessageToSend,
  Opening,
  SentMessage,
  SessionLimits,
  WholeMessage,
} from "@heliograph/msrp";
import type { MsrpListeningPoint } from "./connection.js";
import type { MsrpConnectionsOptions } from "./connections-options.js";
import type { ConnectTarget, Direction, Fingerprint, Role } from "@heliograph/sdp";

/** What our end of a session is told once offer and answer are both known. @spec rfc4975#5.4 @spec MS-14 */
export interface MsrpSessionParts {
  /** Our URI, which our description's path ends with. */
  readonly uri: string;
  /** The relays of ours before it, leftmost first, where we use any. @spec rfc4976#5.1 @spec MS-24 */
  readonly ownRelays?: readonly string[];
  /** What `authenticate` gave: the session goes over the connection to that relay and by its URIs. */
  readonly relay?: RelayAccess;
  /** Who connects, and sends a SEND at once. */
  readonly role: Role;
  /** The peer's `a=path`, as it stands there. */
  readonly peerPath: readonly string[];
  /** Where the active side connects; the leftmost URI of the path, or what CEMA says. */
  readonly connectTo?: ConnectTarget;
  /** The peer's `a=fingerprint`: TLS with another certificate is dropped. None: a trusted authority must vouch. @spec MS-12 */
  readonly fingerprints?: readonly Fingerprint[];
  /** What we may send, by the direction attributes of both. @spec MS-52 */
  readonly direction: Direction;
  /** What we take; anything else is answered 415, larger 413. */
  readonly acceptTypes: readonly string[];
  /** What we take inside a wrapper. Who takes a message reads the wrapper, and refuses it: `MessageRefused(415)`. */
  readonly acceptWrappedTypes: readonly string[];
  readonly maxMessageBytes: number;
  /** What the peer takes by its `a=accept-types`, where it is to be held against what we send. @spec MS-51 */
  readonly peerAcceptTypes?: readonly string[];
  /** The peer's `a=max-size`, where it is to be held against what we send. @spec MS-57 */
  readonly peerMaxBytes?: number;
}

/** Our end of a session. */
export interface MsrpSession {
  readonly uri: string;
  /** Resolves when a connection is bound; rejects when that fails. */
  readonly bound: Promise<void>;
  send(message: MessageToSend): SentMessage;
  /** Takes whole messages up to `maxMessageBytes`; the last chunk is answered when the taker has settled. One of this and `onIncoming`. */
  onMessage(take: (message: WholeMessage) => void | Promise<void>): void;
  /** Takes messages piece by piece. */
  onIncoming(open: (head: IncomingHead) => Opening): void;
  /** Hears once that the session failed: connection lost, 481, failure report, never bound. @spec MS-47 @spec MS-48 */
  onFailed(hear: (reason: string) => void): void;
  /** Takes a new answer: hold and resume, new path. */
  renegotiate(parts: MsrpSessionParts): void;
  /** Lets go of the connection when no other session uses it; open messages are lost. */
  close(): void;
}

/** MSRP end points of this process: they share listeners and connections. @spec MS-13 */
export interface MsrpEndpoints {
  /** Opens the listeners. */
  start(): Promise<void>;
  readonly listeningPoints: readonly MsrpListeningPoint[];
  /** Fingerprints of our own certificate for `a=fingerprint`; none without TLS. */
  readonly fingerprints: readonly Fingerprint[];
  /** A new URI for a session of ours, at a listener of this transport or, behind a NAT, at none. @spec MS-05 */
  createUri(reach: "tcp" | "tls" | "ws"): string;
  open(parts: MsrpSessionParts): MsrpSession;
  /**
   * Becomes known to a relay, for one session: its URIs go into the path of our description. Rejects with a
   * {@link RelayRefused}, or with a ConnectError.
   *
   * @spec rfc4976#5.1
   * @spec MS-20
   * @spec MS-23
   */
  authenticate(parts: RelayParts): Promise<RelayAccess>;
  stop(): Promise<void>;
}

/** Which relay to use, and as whom. */
export interface RelayParts {
  /** Its URI without a session-id: `msrps://alice@relay.example:2855;tcp`. */
  readonly uri: string;
  /** Where to connect, when that is not what the URI says. */
  readonly connectTo?: ConnectTarget;
  /** For TLS: the fingerprints of its certificate; a trusted authority must vouch otherwise. */
  readonly fingerprints?: readonly Fingerprint[];
  /** A relay of ours that leads to it. @spec rfc4976#5.1 */
  readonly behind?: RelayAccess;
  /** Our URI in the session. */
  readonly from: string;
  readonly username: string;
  readonly password: string;
  /** How long the URIs are wanted, seconds. */
  readonly expiresS?: number;
}

/** What a relay gave us for a session. Its URIs die with the connection. @spec rfc4976#5.1 @spec MS-24 */
export interface RelayAccess {
  /** In the order of our To-Path; the path of our description has them the other way round, and our own URI after. */
  readonly usePath: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** New URIs on the same connection, which then have to be offered. */
  renew(): Promise<RelayAccess>;
  /** Hears once that the connection is gone. */
  onLost(hear: (reason: string) => void): void;
  /** Lets go of the connection when nothing else uses it. */
  close(): void;
}

/** The relay did not take us. `status` 423: the time asked for is out of its bounds. @spec MS-20 */
export class RelayRefused extends Error {
  override readonly name = "RelayRefused";
  constructor(
    readonly status: number,
    reason: string,
    /** What it would grant, where it says so, seconds. */
    readonly bounds: { readonly minExpiresS?: number; readonly maxExpiresS?: number } = {},
  ) {
    super(reason);
  }
}

/** What `createMsrpEndpoints` is told, beside listeners, TLS, limits and the address guard of its connections. */
export interface MsrpEndpointsOptions extends MsrpConnectionsOptions {
  /** What our URIs name: by default the address of the listener, or one where this machine can be reached. */
  readonly host?: string;
  readonly endpoint?: Partial<EndpointLimits>;
}

/** How long, how much and how often. */
export interface EndpointLimits extends SessionLimits {
  /** From `open` to the request that binds the connection, or to its answer. */
  readonly bindMs: number;
  /** Silence after which a bodiless SEND asks whether the far end is there; 0 never asks. @spec MS-16 */
  readonly keepAliveMs: number;
  /** How long a connection that somebody opened may have no session. @spec MS-17 */
  readonly unboundMs: number;
  /** Connections to one place that led to no session, per minute, before no more are tried. @spec MS-58 */
  readonly maxFailedDials: number;
}
