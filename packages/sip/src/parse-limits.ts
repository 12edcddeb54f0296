/** How much a peer may make us hold and walk through. */
export interface ParseLimits {
  /** Start line, header fields and body together. */
  readonly maxMessageBytes: number;
  readonly maxHeaders: number;
  /** Start line and header fields together. */
  readonly maxHeaderBytes: number;
  /** One header field, continuation lines included, or the start line. */
  readonly maxLineBytes: number;
  readonly maxBodyBytes: number;
  readonly maxMultipartDepth: number;
  /** Parts of one multipart body, those of nested ones included. */
  readonly maxParts: number;
}

/** A UDP datagram always fits; a head is larger than any honest one that RFC 4475 could think of. @spec GEN-45 */
export const defaultParseLimits: ParseLimits = {
  maxMessageBytes: 262_144,
  maxHeaders: 256,
  maxHeaderBytes: 65_535,
  maxLineBytes: 16_384,
  maxBodyBytes: 262_144,
  maxMultipartDepth: 4,
  maxParts: 64,
};
