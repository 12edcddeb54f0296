import type { BodySource } from "./body-source.js";
import type { Field } from "./format-chunk.js";
import type { Ident } from "./ident.js";

/** A message to send. */
export interface MessageToSend {
  readonly contentType: string;
  readonly mimeFields?: readonly Field[];
  /**
   * A source is read as the connection takes it, so that a file never stands in memory; one that says `later` is read
   * again when it calls who was given to its `onReadable`. One that throws gives the message up.
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
  /** Every chunk was answered 200. With Failure-Report other than `yes`: every octet was handed to the connection. */
  readonly sent: Promise<SendOutcome>;
  /** Success REPORTs cover all octets; never settles `done` without `wantsSuccessReport`. @spec MS-08 */
  readonly reported: Promise<SendOutcome>;
  /** Octets that were answered 200 so far, from the first one on without a gap. One hearer. */
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

/** A message that came in as a whole. */
export type WholeMessage = IncomingHead & { readonly content: Uint8Array };

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
  /** It will not be completed: aborted, refused, or the session is lost. */
  abandon(reason: string): void;
}

/** What is done with a message that begins. `isKnown`: it was taken before; it is acknowledged as usual and passed over. @spec MS-47 */
export type Opening = MessageTaker | { readonly refuse: number } | { readonly isKnown: true };

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
