import type { PagerMessage } from "@heliograph/contracts";
import { isComposingMediaType, mediaTypeOf, parseCpim } from "@heliograph/im-bodies";

/** A MIME field of a message. */
type MimeField = readonly [name: string, value: string];

/** The headers of a message/cpim, twice as much as they may be. */
export const mostHeadBytes = 33 * 1024;

/** What the first octets of a message are to a store. */
export interface LargeHead {
  /** The headers of a message/cpim; no octets of any other type, or where they cannot be read. */
  readonly octets: Uint8Array;
  /** A composition status is of no use later (R-deferred-store-11). */
  readonly isTransient: boolean;
}

/** Reads the head of a message by MSRP from its first octets. @spec DF-12 @spec DF-32 */
export function readHead(
  contentType: string,
  mimeFields: readonly MimeField[],
  first: Uint8Array,
): LargeHead {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === isComposingMediaType) return { octets: nothing, isTransient: true };
  const isEncoded = mimeFields.some(([name]) => name.toLowerCase() === "content-encoding");
  if (mediaType !== "message/cpim" || isEncoded) return { octets: nothing, isTransient: false };
  const cpim = parseCpim(first.subarray(0, mostHeadBytes));
  if (!cpim.ok) return { octets: nothing, isTransient: false };
  const inner = mediaTypeOf(cpim.value.contentHeader("Content-Type") ?? "");
  const length = cpim.value.octets.length - cpim.value.content.length;
  return { octets: first.slice(0, length), isTransient: inner === isComposingMediaType };
}

const nothing = new Uint8Array(0);

/** What was known of a message from its INVITE, and what MSRP says of it. */
export interface LargeEnvelope {
  readonly id: string;
  readonly contentType: string;
  readonly mimeFields: readonly MimeField[];
  readonly receivedAtMs: number;
}

/**
 * The message that is stored: identities and headers of the INVITE, but for those that were about the INVITE and its
 * description (R-deferred-store-9), and what MSRP said of the content.
 *
 * @spec DF-05 @spec DF-08
 */
export function largeMessageOf(
  invited: PagerMessage,
  { id, contentType, mimeFields, receivedAtMs }: LargeEnvelope,
  head: Uint8Array,
): PagerMessage {
  const kept = invited.headers.filter(([name]) => !isOfInvite.test(name));
  const mime = mimeFields
    .filter(([name]) => isMimeField.test(name))
    .map(([name, value]): [string, string] => [name, value]);
  const { sizeBytes: _, ...rest } = invited;
  return { ...rest, id, contentType, headers: [...kept, ...mime], body: head, receivedAtMs };
}

const isMimeField = /^content-(?!type$|length$)/i;

const isOfInvite =
  /^(content-.*|mime-version|expires|accept|allow|supported|require|allow-events|session-expires|min-se|recv-info)$/i;

/** The MIME fields that go with a stored content. */
export const mimeFieldsOf = ({ headers }: PagerMessage): readonly MimeField[] =>
  headers.filter(([name]) => isMimeField.test(name));
