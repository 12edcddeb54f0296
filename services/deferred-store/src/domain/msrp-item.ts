import { createHash } from "node:crypto";
import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimHeaderToWrite,
  escapeCpimText,
  formatCpim,
  formatCpimAddress,
  mediaTypeOf,
} from "@heliograph/im-bodies";
import { type Ident, parseIdent } from "@heliograph/msrp";
import { parseNameAddr } from "@heliograph/sip";
import type { DeferredMessage } from "./deferred-message.js";
import { headerOf } from "./header-of.js";
import { mimeFieldsOf } from "./large-head.js";

/** A stored message as MSRP carries it. */
export interface MsrpItem {
  /** The same one at every try, so that a device knows a second copy. @spec DF-48 */
  readonly messageId: Ident;
  readonly contentType: string;
  readonly mimeFields: readonly (readonly [name: string, value: string])[];
  /** All of it, or the head of a large one. */
  readonly head: Uint8Array;
  /** Octets of the whole. */
  readonly size: number;
}

/**
 * What is sent for a stored message: a message/cpim, and a large one of any type, as it was stored; anything else in a
 * message/cpim with what is known of it. Nothing is added that its sender did not ask for.
 *
 * @spec DF-32 @spec rfc3862#2.2
 */
export function msrpItemOf({ owner, id, message, large }: DeferredMessage): MsrpItem {
  const messageId = large ? parseIdent(large.messageId) : undefined;
  const known = messageId ?? derivedId(owner, id);
  const { body, contentType = "text/plain" } = message;
  if (large) {
    const size = body.length + large.bytes - large.headBytes;
    return { messageId: known, contentType, mimeFields: mimeFieldsOf(message), head: body, size };
  }
  if (mediaTypeOf(contentType) === "message/cpim")
    return {
      messageId: known,
      contentType,
      mimeFields: mimeFieldsOf(message),
      head: body,
      size: body.length,
    };
  const head = wrapped(message, contentType);
  return { messageId: known, contentType: "message/cpim", mimeFields: [], head, size: head.length };
}

/** A message that came as a SIP request has a Message-ID of ours, made from its name. @spec DF-48 @spec MS-01 */
function derivedId(owner: string, id: string): Ident {
  const digest = createHash("sha256").update(`msrp id\n${owner}\n${id}`).digest("hex").slice(0, 31);
  return `d${digest}` as Ident;
}

function wrapped(message: PagerMessage, contentType: string): Uint8Array {
  const subject = headerOf(message, "subject")?.trim();
  const headers: CpimHeaderToWrite[] = [
    { name: "From", value: senderOf(message) },
    {
      name: "To",
      value: addressOf(message.to) ?? formatCpimAddress({ formalName: "", uri: message.recipient }),
    },
    { name: "DateTime", value: new Date(message.receivedAtMs).toISOString() },
    ...(subject ? [{ name: "Subject", value: escapeCpimText(subject) }] : []),
  ];
  return formatCpim({
    headers,
    contentHeaders: [["Content-Type", contentType], ...mimeFieldsOf(message)],
    content: message.body,
  });
}

/** Who wants privacy is nobody here either. @spec GEN-08 */
function senderOf({ privacy, from, sender }: PagerMessage): string {
  const isPrivate = privacy.some((value) => value !== "none");
  if (isPrivate)
    return formatCpimAddress({ formalName: "Anonymous", uri: "sip:anonymous@anonymous.invalid" });
  return addressOf(from) ?? formatCpimAddress({ formalName: "", uri: sender.aor });
}

function addressOf(value: string): string | undefined {
  const address = parseNameAddr(value);
  if (!address.ok) return undefined;
  const { display = "", uri } = address.value;
  return formatCpimAddress({ formalName: display, uri });
}
