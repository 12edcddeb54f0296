import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimMessage,
  type Disposition,
  decodeContent,
  type Imdn,
  type Inflater,
  imdnMediaType,
  imdnMessageIdOf,
  isComposingMediaType,
  mediaTypeOf,
  parseCpim,
  parseImdn,
  requestedDispositions,
} from "@heliograph/im-bodies";
import { err, ok, type Result } from "@heliograph/kernel";
import { headerOf } from "./header-of.js";
import type { RefusalName } from "./refusals.js";

/** What we have to know of a message's body. Plain text is not looked at. @spec PF-46 */
export interface MessageFacts {
  readonly content: "im" | "imdn" | "composing";
  /** Of the body, in lower case. */
  readonly mediaType: string;
  readonly cpim: CpimMessage | undefined;
  /** Of the content inside the CPIM; without CPIM the same as `mediaType`. */
  readonly innerMediaType: string;
  /** The CPIM was under a Content-Encoding: its octets are not those of the body. */
  readonly wasEncoded: boolean;
  readonly imdnMessageId: string | undefined;
  /** What the sender asks to be told. Nothing for a notification: there is no IMDN for an IMDN. @spec PF-57 */
  readonly requested: ReadonlySet<Disposition>;
  /** Present where the content is a notification that can be read. */
  readonly imdn: Imdn | undefined;
}

/** Why a body cannot be used. */
export interface UnreadableBody {
  readonly name: RefusalName & ("malformed-cpim" | "corrupt-encoding" | "inflated-too-large");
  readonly because?: string;
}

/** Reads of the body what handling it needs: nothing unless it is CPIM. @spec PF-15 @spec PF-46 */
export function readFacts(message: PagerMessage, inflater: Inflater): Result<MessageFacts, UnreadableBody> {
  const mediaType = mediaTypeOf(message.contentType ?? "text/plain");
  if (mediaType !== "message/cpim") return ok(factsOfOther(mediaType));
  const encoding = headerOf(message, "content-encoding");
  const decoded = decodeContent(message.body, encoding, inflater);
  if (!decoded.ok) {
    if (decoded.error === "unknown-coding") return ok(factsOfOther(mediaType));
    return err({ name: decoded.error === "corrupt" ? "corrupt-encoding" : "inflated-too-large" });
  }
  const cpim = parseCpim(decoded.value);
  if (!cpim.ok)
    return err({ name: "malformed-cpim", because: `${cpim.error.rule}, octet ${cpim.error.offset}` });
  return ok(factsOfCpim(mediaType, cpim.value, decoded.value !== message.body));
}

const nothing: ReadonlySet<Disposition> = new Set();

function factsOfOther(mediaType: string): MessageFacts {
  return {
    content: contentOf(mediaType),
    mediaType,
    cpim: undefined,
    innerMediaType: mediaType,
    wasEncoded: false,
    imdnMessageId: undefined,
    requested: nothing,
    imdn: undefined,
  };
}

function factsOfCpim(mediaType: string, cpim: CpimMessage, wasEncoded: boolean): MessageFacts {
  const innerMediaType = mediaTypeOf(cpim.contentHeader("Content-Type") ?? "text/plain");
  const content = isNotification(cpim) ? "imdn" : contentOf(innerMediaType);
  const imdn = innerMediaType === imdnMediaType ? parseImdn(cpim.content) : undefined;
  return {
    content,
    mediaType,
    cpim,
    innerMediaType,
    wasEncoded,
    imdnMessageId: imdnMessageIdOf(cpim),
    requested: content === "im" ? requestedDispositions(cpim) : nothing,
    imdn: imdn?.ok ? imdn.value : undefined,
  };
}

/** An aggregate of notifications says so in its disposition. @spec rfc5438#8.3 */
function isNotification(cpim: CpimMessage): boolean {
  return cpim.contentHeader("Content-Disposition")?.toLowerCase().startsWith("notification") ?? false;
}

function contentOf(mediaType: string): MessageFacts["content"] {
  if (mediaType === imdnMediaType) return "imdn";
  return mediaType === isComposingMediaType ? "composing" : "im";
}
