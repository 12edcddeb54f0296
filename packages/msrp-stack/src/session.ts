import type { BodySource, Field, Ident } from "@heliograph/msrp";
import type { MsrpListeningPoint } from "./connection.js";
import type { ConnectTarget, Direction, Fingerprint, Role } from "@heliograph/sdp";

/** What our end of a session is told once offer and answer are both known. @spec rfc4975#5.4 @spec MS-14 */
export interface MsrpSessionParts {
  /** Our URI, which our description's path ends with. */
  readonly uri: string;
  /** The relays of ours before it, leftmost first, where we use any. @spec rfc4976#5.1 @spec MS-24 */
  readonly ownRelays?: readonly string[];
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
}

/** How a message that we sent ended at the next hop, or at the far end. */
export type SendOutcome =
  | { readonly kind: "done" }
  /** A response or REPORT with this status, or 408 for none in 30 s. @spec MS-09 @spec MS-10 */
  | { readonly kind: "refused"; readonly status: number; readonly comment: string | undefined }
  /** The session failed or was closed first; `confirmedOctets` were answered 200. */
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
  /** A piece at its place, the first octet being 0; pieces may come in any order, and twice. Views: copy to keep. */
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
  /** Takes messages piece by piece. */
  onIncoming(open: (head: IncomingHead) => MessageTaker | { readonly refuse: number }): void;
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
  stop(): Promise<void>;
}
