import type { HeaderField, PagerMessage } from "@heliograph/contracts";
import { headerOf, type WithHeaders } from "./header-of.js";
import type { MessageFacts } from "./message-facts.js";
import type { RefusalDetails, RefusalName } from "./refusals.js";

/** What the operator lets through. */
export interface PagerLimits {
  /** Whole request, over a transport that controls congestion. */
  readonly maxBytes: number;
  /** Whole request over UDP. @spec rfc3428#8 */
  readonly maxUdpBytes: number;
  /** `type/subtype`, `type/*` or any/any (two stars), in lower case; text is always allowed. */
  readonly contentTypes: readonly string[];
  /** Beginnings of User-Agent values that are refused. */
  readonly refusedClients: readonly string[];
}

/** A refusal with what goes into its answer. */
export interface Refused {
  readonly kind: "refuse";
  readonly name: RefusalName;
  readonly details?: RefusalDetails;
}

/** What is wrong with the message whoever sends it: size, type, client. @spec PF-14 @spec PF-22 @spec PF-23 */
export function checkLimits(
  message: PagerMessage,
  facts: MessageFacts,
  limits: PagerLimits,
): Refused | undefined {
  return (
    checkSize(message, limits) ??
    checkContentType(facts.mediaType, limits) ??
    (facts.cpim && checkContentType(facts.innerMediaType, limits)) ??
    checkClient(message, limits)
  );
}

/** @spec R-participating-1 */
function checkSize({ sizeBytes, body, transport }: PagerMessage, limits: PagerLimits): Refused | undefined {
  const size = sizeBytes ?? body.length;
  if (size > limits.maxBytes) return tooLarge("too-large", size, limits.maxBytes);
  if (transport === "udp" && size > limits.maxUdpBytes)
    return tooLarge("too-large-for-udp", size, limits.maxUdpBytes);
  return undefined;
}

function tooLarge(name: RefusalName, size: number, limit: number): Refused {
  return { kind: "refuse", name, details: { because: `${size} bytes, the limit is ${limit}` } };
}

function checkContentType(mediaType: string, { contentTypes }: PagerLimits): Refused | undefined {
  if (mediaType.startsWith("text/") || contentTypes.includes("*/*")) return undefined;
  const anyOfType = `${mediaType.slice(0, mediaType.indexOf("/"))}/*`;
  if (contentTypes.includes(mediaType) || contentTypes.includes(anyOfType)) return undefined;
  const accept: HeaderField = ["Accept", ["text/*", ...contentTypes].join(", ")];
  return { kind: "refuse", name: "content-type", details: { because: mediaType, headers: [accept] } };
}

/** Whether its client may speak to us at all. @spec PF-22 */
export function checkClient(
  request: WithHeaders,
  { refusedClients }: Pick<PagerLimits, "refusedClients">,
): Refused | undefined {
  if (refusedClients.length === 0) return undefined;
  const client = headerOf(request, "user-agent") ?? "";
  return refusedClients.some((start) => client.startsWith(start))
    ? { kind: "refuse", name: "version-not-supported" }
    : undefined;
}
