import type { BodySource, Field, Ident } from "@heliograph/msrp";
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
  readonly acceptWrappedTypes: readonly string[];
  readonly maxMessageBytes: number;
  /** What the peer takes by its `a=accept-types`, where it is to be held against what we send. @spec MS-51 */
  readonly peerAcceptTypes?: readonly string[];
  /** The peer's `a=max-size`, where it is to be held against what we send. @spec MS-57 */
  readonly peerMaxBytes?: number;
}

/** A message to send. */
export interface MessageToSend {
  readonly contentType: string;
  readonly mimeFields?: readonly Field[];
  /**
   * A source is read as the connection takes it, so that a file never stands in memory; one that says `later` is read
   * again when it calls who was given to its `onReadable`.
   */
  readonly body: Uint8Array | BodySource;
  /** The same one again when a broken transfer goes on. @spec MS-47 @spec DF-48 */
  readonly messageId?: Ident;
  /** The first octet to send, 1 unless a broken transfer goes on. */
  readonly fromOctet?: number;
  readonly wantsSuccessReport?: boolean;
  readonly failureReport?: "yes" | "partial" | "no";
  /** A notification of disposition, which goes whatever the direction is. @spec MS-52 */
  readonly isNotification?: boolean;
}

/** How a message that we sent ended at the next hop, or at the far end. */
export type SendOutcome =
  | { readonly kind: "done" }
  /** A response or REPORT with this status, or 408 for none in 30 s. @spec MS-09 @spec MS-10 */
  | { readonly kind: "refused"; readonly status: number; readonly comment: string | undefined }
  /** Nothing of it was sent: direction, the peer's types (or its 415 earlier), its largest size. @spec MS-10 @spec MS-51 @spec MS-52 */
  | { readonly kind: "not-allowed"; readonly why: "direction" | "type" | "size" }
  /** Aborted, or the session failed or was closed first; the octets up to `confirmedOctets` were answered 200. */
  | { readonly kind: "lost"; readonly reason: string; readonly confirmedOctets: number };

/** A message of ours on its way. */
export interface SentMessage {
  readonly messageId: Ident;
  /** Every chunk was answered 200. With Failure-Report other than `yes`: every octet has left. */
  readonly sent: Promise<SendOutcome>;
  /** Success REPORTs cover all octets; never settles `done` without `wantsSuccessReport`. @spec MS-08 */
  readonly reported: Promise<SendOutcome>;
  /** Octets that were answered 200 so far. */
  onProgress(hear: (octets: number) => void): void;
  /** Ends it with `#`. @spec MS-11 */
  abort(): void;
}

/** The head of a message that comes in. */
export interface IncomingHead {
  readonly messageId: Ident;
  readonly contentType: string;
  readonly mimeFields: readonly Field[];
  /** Whole size, where the Byte-Range says it. */
  readonly total: number | undefined;
  readonly wantsSuccessReport: boolean;
}

/** Who takes a message piece by piece. */
export interface MessageTaker {
  /** Octets from the start that are here already, from a transfer that broke; 0 by default. @spec MS-47 */
  readonly heldOctets?: number;
  /**
   * A piece at its place, the first octet being 0; pieces may come in any order, and twice. Views: copy to keep. While
   * a promise is open, nothing more is read from the connection, and the chunk is not answered.
   */
  write(at: number, octets: Uint8Array): void | Promise<void>;
  /**
   * All of it is there. The last chunk is answered 200, and success reported, only after this has settled; a rejection
   * answers 413 or the status that its `MessageRefused` says. @spec DF-05
   */
  complete(size: number): Promise<void>;
  /** It will not be completed: aborted, or the session is lost. */
  abandon(reason: string): void;
}

/** Our end of a session. */
export interface MsrpSession {
  readonly uri: string;
  /** Resolves when a connection is bound; rejects when that fails. */
  readonly bound: Promise<void>;
  send(message: MessageToSend): SentMessage;
  /** Takes whole messages up to `maxMessageBytes`; the last chunk is answered when the taker has settled. One of this and `onIncoming`. */
  onMessage(take: (message: IncomingHead & { readonly content: Uint8Array }) => void | Promise<void>): void;
  /**
   * Takes messages piece by piece. `isKnown`: it was taken before; it is acknowledged as usual and passed over.
   *
   * @spec MS-47
   */
  onIncoming(
    open: (head: IncomingHead) => MessageTaker | { readonly refuse: number } | { readonly isKnown: true },
  ): void;
  /** Hears once that the session failed: connection lost, 481, failure report, never bound. @spec MS-47 @spec MS-48 */
  onFailed(hear: (reason: string) => void): void;
  /** Takes a new answer: hold and resume, new path. */
  renegotiate(parts: MsrpSessionParts): void;
  /** Lets go of the connection when no other session uses it; open messages are lost. */
  close(): void;
}

/** Thrown by a taker: the message is refused with this MSRP status. */
export class MessageRefused extends Error {
  override readonly name = "MessageRefused";
  constructor(
    readonly status: number,
    reason: string,
  ) {
    super(reason);
  }
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
export interface EndpointLimits {
  /** From `open` to the request that binds the connection, or to its answer. */
  readonly bindMs: number;
  /** Silence after which a bodiless SEND asks whether the far end is there; 0 never asks. @spec MS-16 */
  readonly keepAliveMs: number;
  /** How long a connection that somebody opened may have no session. @spec MS-17 */
  readonly unboundMs: number;
  /** Messages of one session that are not complete. */
  readonly maxOpenMessages: number;
  /** Octets of these, where whole messages are taken. */
  readonly maxHeldBytes: number;
  /** Message-IDs remembered by a session. @spec MS-47 */
  readonly maxRemembered: number;
  /** Connections to one place that led to no session, per minute, before no more are tried. @spec MS-58 */
  readonly maxFailedDials: number;
}
