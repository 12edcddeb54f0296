import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimMessage,
  type Disposition,
  decodeContent,
  imdnMediaType,
  imdnMessageIdOf,
  type Inflater,
  isComposingMediaType,
  mediaTypeOf,
  parseCpim,
  requestedDispositions,
} from "@heliograph/im-bodies";
import { headerOf } from "./header-of.js";

/** What a sender asks to be told about a message, and what it takes to tell. */
export interface ReceiptRequest {
  readonly cpim: CpimMessage;
  readonly messageId: string;
  readonly asked: ReadonlySet<Disposition>;
}

/**
 * Reads the CPIM of a message, or nothing when there is none that can be read: what is encrypted or of another
 * type is stored unread (R-deferred-store-5).
 *
 * @spec DF-04
 */
export function cpimOf(message: PagerMessage, inflater: Inflater): CpimMessage | undefined {
  if (mediaTypeOf(message.contentType ?? "") !== "message/cpim") return undefined;
  const octets = decodeContent(message.body, headerOf(message, "content-encoding"), inflater);
  if (!octets.ok) return undefined;
  const cpim = parseCpim(octets.value);
  return cpim.ok ? cpim.value : undefined;
}

/**
 * What has to be told, if anything: nothing about an IMDN or a composition status, nothing without a Message-ID to
 * name it by, nothing to a sender who wants privacy (R-deferred-store-4), nothing about an encrypted message, for the
 * IMDN would have to be encrypted too.
 *
 * @spec DF-12 @spec DF-41 @spec DF-44 @spec rfc5438#7.2.1 @spec rfc5438#14
 */
export function receiptRequestOf(
  message: PagerMessage,
  cpim: CpimMessage | undefined,
): ReceiptRequest | undefined {
  if (!cpim || message.privacy.some((value) => value !== "none")) return undefined;
  const asked = requestedDispositions(cpim);
  const messageId = imdnMessageIdOf(cpim);
  if (asked.size === 0 || messageId === undefined || isReport(cpim) || isEncrypted(cpim)) return undefined;
  return { cpim, messageId, asked };
}

function isReport(cpim: CpimMessage): boolean {
  const mediaType = mediaTypeOf(cpim.contentHeader("Content-Type") ?? "");
  if (mediaType === imdnMediaType || mediaType === isComposingMediaType) return true;
  return cpim.contentHeader("Content-Disposition")?.trim().toLowerCase().startsWith("notification") ?? false;
}

function isEncrypted(cpim: CpimMessage): boolean {
  const contentType = cpim.contentHeader("Content-Type") ?? "";
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === "multipart/encrypted") return true;
  return (
    /^application\/(x-)?pkcs7-mime$/.test(mediaType) && !/smime-type\s*=\s*"?signed-data/i.test(contentType)
  );
}
