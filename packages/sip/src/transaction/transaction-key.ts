import type { SipRequest } from "../sip-request.js";
import type { Via } from "../via.js";

const cookie = "z9hG4bK";

/**
 * What a request shares with its retransmissions and with nothing else: branch, sent-by and method; without the magic
 * cookie, what RFC 2543 compares. `method` is that of the transaction looked for: INVITE for an ACK to it. What an ACK, a
 * CANCEL and a retransmission have in common besides, and the port that they come from where it was asked for, is compared
 * too, for the sake of clients whose branches are not as unique as they have to be: theirs is then another request, and
 * not the answer to somebody else's.
 *
 * @spec rfc3261#17.2.3
 * @spec GEN-34
 * @spec R-sip-106
 */
export function serverKeyOf(request: SipRequest, method: string): string {
  const { via } = request;
  if (!hasCookie(via)) return legacyKeyOf(request, method, request.to.params.get("tag") ?? "");
  const { requestUri, callId, cseq } = request;
  const sentBy = `${via.host}:${via.port ?? ""} ${via.params.get("rport") ?? ""}`;
  return flat(`${method} ${via.branch} ${sentBy} ${cseq.number} ${callId} ${requestUri}`);
}

/** What an ACK of RFC 2543 has, once the To tag of the answer is known: undefined where the cookie serves. */
export function legacyAckKeyOf(invite: SipRequest, toTag: string): string | undefined {
  return hasCookie(invite.via) ? undefined : legacyKeyOf(invite, "ACK", toTag);
}

/** The key under which {@link legacyAckKeyOf} has put an INVITE's transaction, or that of any other request. */
export function lookUpKeyOf(request: SipRequest): string {
  const isAckWithCookie = request.method === "ACK" && hasCookie(request.via);
  return serverKeyOf(request, isAckWithCookie ? "INVITE" : request.method);
}

/**
 * What a request shares with the responses to it: the branch; the method is compared apart. The cookie, which all of ours
 * have, is left out: V8 copies a piece as short as the rest, and a longer one would keep the whole Via alive.
 *
 * @spec rfc3261#17.1.3
 */
export function clientKeyOf({ branch = "" }: Via, method: string): string {
  const token = branch.startsWith(cookie) ? branch.slice(cookie.length) : `not ours: ${branch}`;
  return method === "CANCEL" ? `CANCEL ${token}` : token;
}

/**
 * A concatenation is a tree of its parts until someone reads a character of it. As a key that nobody reads it would keep
 * all of them alive, at three times the memory.
 */
function flat(text: string): string {
  return text.charCodeAt(0) > 0 ? text : "";
}

function hasCookie(via: Via): boolean {
  return via.branch?.startsWith(cookie) ?? false;
}

function legacyKeyOf(request: SipRequest, method: string, toTag: string): string {
  const fromTag = request.from.params.get("tag") ?? "";
  return [
    method,
    request.requestUri,
    toTag,
    fromTag,
    request.callId,
    request.cseq.number,
    request.via.raw,
  ].join("\n");
}
