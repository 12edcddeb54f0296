/**
 * The content of a large message. Its octets stand in pieces apart from the envelope; what the envelope has of them
 * is the head, which holds what we read and change: the headers of a message/cpim, nothing of any other type.
 */
export interface LargeContent {
  /** Names its pieces. */
  readonly id: string;
  /** Seals its pieces: 32 octets. */
  readonly key: Uint8Array;
  /** The Message-ID of its MSRP SENDs, from its sender and to its owner. @spec DF-48 */
  readonly messageId: string;
  /** Octets as they came. */
  readonly bytes: number;
  /** Octets of every piece but the last. */
  readonly pieceBytes: number;
  /** How many of its first octets the head stands for. */
  readonly headBytes: number;
}

/** How many pieces a content has. */
export const pieceCountOf = ({ bytes, pieceBytes }: Pick<LargeContent, "bytes" | "pieceBytes">): number =>
  Math.ceil(bytes / pieceBytes);
