import { parseMediaType, parseMultipart, parseNameAddr, type Part, type SipRequest } from "@heliograph/sip";
import type { Answer } from "./answer.js";
import { acceptsInInvite, understoodInSession } from "./capabilities.js";
import { type MessageRules, notForUs, type Unfit } from "./check-message.js";
import { checkHeaders } from "./check-request.js";
import { checkPrivacy, privacyOf } from "./privacy.js";
import { hasServiceTag } from "./service-tag.js";

/**
 * An INVITE whose sender is known: extensions, where requests in the dialog are to go, the offer, then what the
 * operator asks for. What stands in the offer is for the participating function and the relay.
 *
 * @spec GEN-04 @spec GEN-09 @spec GEN-12 @spec GEN-44
 */
export function checkInvite(
  request: SipRequest,
  { priorities, requiresServiceTag }: MessageRules,
  isTrusted: boolean,
): Unfit | undefined {
  const headers =
    checkHeaders(request, priorities, isTrusted, understoodInSession) ??
    checkPrivacy(privacyOf(request.headers)) ??
    checkContact(request);
  if (headers) return { answer: headers, why: "extension" };
  const body = checkOffer(request);
  if (body) return { answer: body, why: "body" };
  return requiresServiceTag && !hasServiceTag(request.headers, "Accept-Contact", "Contact")
    ? notForUs
    : undefined;
}

/** Exactly one, or nothing in the dialog could reach the caller. @spec rfc3261#8.1.1.8 */
function checkContact({ headers }: SipRequest): Answer | undefined {
  const contacts = headers.values("Contact");
  const [contact] = contacts;
  if (contact === undefined) return { status: 400, reason: "Contact Missing" };
  const isOne = contacts.length === 1 && parseNameAddr(contact).ok;
  return isOne ? undefined : { status: 400, reason: "Contact Malformed" };
}

/** Nothing, a session description, or one among other parts. @spec GEN-04 @spec GEN-44 @spec CL-21 @spec rfc3261#8.2.3 @spec R-sip-edge-14 */
function checkOffer({ headers, body }: SipRequest): Answer | undefined {
  if (body.length === 0) return undefined;
  const text = headers.get("Content-Type");
  if (text === undefined) return { status: 400, reason: "Content-Type Missing" };
  const type = parseMediaType(text);
  if (!type.ok) return { status: 400, reason: "Content-Type Malformed" };
  const coding = headers.get("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity") return { status: 415, headers: [["Accept-Encoding", "identity"]] };
  switch (`${type.value.type}/${type.value.subtype}`) {
    case "application/sdp":
      return undefined;
    case "multipart/mixed":
      return checkParts(body, text);
    default:
      return unwelcome;
  }
}

function checkParts(body: Uint8Array, contentType: string): Answer | undefined {
  const parts = parseMultipart(body, contentType);
  if (!parts.ok) return { status: 400, reason: `Multipart Malformed (${parts.error.rule})` };
  return parts.value.some(isDescription) ? undefined : unwelcome;
}

const isDescription = ({ contentType }: Part): boolean =>
  /^\s*application\s*\/\s*sdp\s*(?:;|$)/i.test(contentType);

const unwelcome: Answer = { status: 415, headers: [acceptsInInvite] };
