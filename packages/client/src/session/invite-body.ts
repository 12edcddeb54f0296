import { parseMediaType, parseMultipart, type SipRequest, type SipResponse } from "@heliograph/sip";

/** What the body of an INVITE, or of an answer to it, holds. */
export interface InviteBody {
  readonly description: Uint8Array | undefined;
  /** The message/cpim that comes along: message 1 of the session. @spec CL-21 */
  readonly firstMessage: Uint8Array | undefined;
}

/** Takes a body apart, multipart or not. @spec CL-21 @spec rfc5621#3 */
export function readInviteBody({ headers, body }: Pick<SipRequest, "headers" | "body">): InviteBody {
  const contentType = headers.get("Content-Type") ?? "";
  const parts = partsOf(contentType, body);
  const find = (type: string) => parts.find((part) => typeOf(part.contentType) === type)?.body;
  return { description: find("application/sdp"), firstMessage: find("message/cpim") };
}

/** The session description of a message. */
export function descriptionIn(message: SipRequest | SipResponse): Uint8Array | undefined {
  return readInviteBody(message).description;
}

function partsOf(contentType: string, body: Uint8Array) {
  if (!typeOf(contentType).startsWith("multipart/")) return body.length > 0 ? [{ contentType, body }] : [];
  const parts = parseMultipart(body, contentType);
  return parts.ok ? parts.value : [];
}

function typeOf(contentType: string): string {
  const type = parseMediaType(contentType);
  return type.ok ? `${type.value.type}/${type.value.subtype}` : "";
}
