import type { Field } from "../header-list.js";
import type { SipRequest } from "../sip-request.js";

/**
 * The header fields of an ACK or CANCEL that goes to the next hop only: they lead it where the INVITE went and let it
 * be matched there. @spec rfc3261#17.1.1.3 @spec rfc3261#9.1
 */
export function hopFieldsOf(invite: SipRequest, method: string, to: string): Field[] {
  return [
    ["Via", invite.via.raw],
    ...invite.headers.all("route").map((route): Field => ["Route", route]),
    ["Max-Forwards", "70"],
    ["From", invite.headers.get("from") ?? ""],
    ["To", to],
    ["Call-ID", invite.callId],
    ["CSeq", `${invite.cseq.number} ${method}`],
  ];
}
