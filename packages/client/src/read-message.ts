import {
  type CpimMessage,
  decodeContent,
  defaultRefreshS,
  imdnMediaType,
  imdnMessageIdOf,
  imdnNamespace,
  isComposingMediaType,
  parseCpim,
  parseCpimAddress,
  parseImdn,
  parseIsComposing,
  requestedDispositions,
  unmetRequirementOf,
} from "@heliograph/im-bodies";
import { type SipRequest, parseNameAddr } from "@heliograph/sip";
import { zlibInflater } from "./zlib-inflater.js";
import type { Composing, Receipt, ReceivedMessage } from "./received-message.js";

/** What an incoming MESSAGE turned out to be. */
export type Read =
  | { readonly kind: "message"; readonly message: ReceivedMessage }
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  /** `refreshS`: how long an `active` holds. @spec rfc3994#3.3 */
  | { readonly kind: "composing"; readonly composing: Composing; readonly refreshS: number }
  | { readonly kind: "unreadable"; readonly status: 400 | 415; readonly reason: string };

/** What stands around a body, however it came. */
export interface Envelope {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Who sent it, on the word of the service. */
  readonly from: string;
  readonly to: string;
  readonly sentAt: string | undefined;
  readonly callId: string;
  readonly cseq: number;
}

interface Content extends Envelope {
  readonly writtenFrom: string;
  readonly messageId: string | undefined;
  readonly wants: ReceivedMessage["wants"];
  readonly imdnRoute: readonly string[];
}

/** Reads the body of a MESSAGE, through Content-Encoding and CPIM. Pure. @spec CL-15 @spec rfc3428#7 */
export function readMessage(request: SipRequest): Read {
  const octets = decodeContent(request.body, request.headers.get("Content-Encoding"), zlibInflater);
  if (!octets.ok) return { kind: "unreadable", status: 415, reason: `Content-Encoding: ${octets.error}` };
  return readEnvelope({
    contentType: request.headers.get("Content-Type") ?? "text/plain",
    content: octets.value,
    from: assertedSender(request),
    to: request.to.uri,
    sentAt: request.headers.get("Date"),
    callId: request.callId,
    cseq: request.cseq.number,
  });
}

/** Reads a body, through CPIM. Pure. */
export function readEnvelope(envelope: Envelope): Read {
  const plain: Content = {
    ...envelope,
    writtenFrom: envelope.from,
    messageId: undefined,
    wants: [],
    imdnRoute: [],
  };
  return mediaTypeOf(envelope.contentType) === "message/cpim" ? readCpim(plain) : readContent(plain);
}

function readCpim(outer: Content): Read {
  const cpim = parseCpim(outer.content);
  if (!cpim.ok) return { kind: "unreadable", status: 400, reason: "The message/cpim body cannot be read" };
  const unmet = unmetRequirementOf(cpim.value);
  if (unmet !== undefined)
    return { kind: "unreadable", status: 415, reason: `CPIM header ${unmet} is not known` };
  return readContent(insideOf(cpim.value, outer));
}

function insideOf(message: CpimMessage, outer: Content): Content {
  return {
    ...outer,
    contentType: message.contentHeader("Content-Type") ?? "text/plain",
    content: message.content,
    writtenFrom: parseCpimAddress(message.get("From") ?? "")?.uri ?? outer.from,
    to: parseCpimAddress(message.get("To") ?? "")?.uri ?? outer.to,
    messageId: imdnMessageIdOf(message),
    sentAt: message.get("DateTime"),
    wants: [...requestedDispositions(message)],
    imdnRoute: message.all("IMDN-Record-Route", imdnNamespace).map(({ value }) => value),
  };
}

function readContent(content: Content): Read {
  const mediaType = mediaTypeOf(content.contentType);
  if (mediaType === imdnMediaType) return readReceipt(content);
  if (mediaType === isComposingMediaType) return readComposing(content);
  const text = mediaType.startsWith("text/") ? new TextDecoder().decode(content.content) : undefined;
  return { kind: "message", message: { ...content, text } };
}

function readReceipt({ content, from }: Content): Read {
  const imdn = parseImdn(content);
  const notification = imdn.ok ? imdn.value.notification : undefined;
  if (!imdn.ok || !notification) {
    return { kind: "unreadable", status: 400, reason: "The disposition notification cannot be read" };
  }
  const { messageId } = imdn.value;
  return {
    kind: "receipt",
    receipt: { messageId, status: notification.status, kind: notification.kind, from },
  };
}

function readComposing({ content, from }: Content): Read {
  const composing = parseIsComposing(content);
  if (!composing.ok)
    return { kind: "unreadable", status: 400, reason: "The composition status cannot be read" };
  const { state, refreshS } = composing.value;
  return { kind: "composing", composing: { from, state }, refreshS: refreshS ?? defaultRefreshS };
}

/** Who sent a request, on the word of the service. */
export function assertedSender(request: SipRequest): string {
  const asserted = parseNameAddr(request.headers.get("P-Asserted-Identity") ?? "");
  return asserted.ok ? asserted.value.uri : request.from.uri;
}

const mediaTypeOf = (contentType: string): string => contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
