import { createRequest } from "../create-request.js";
import type { SipRequest } from "../sip-request.js";
import { hopFieldsOf } from "./hop-fields.js";

/** The CANCEL for an INVITE: the same but for the method, with one Via and no Require. @spec rfc3261#9.1 @spec GEN-40 */
export function createCancel(invite: SipRequest): SipRequest {
  const to = invite.headers.get("to") ?? "";
  const headers = hopFieldsOf(invite, "CANCEL", to);
  return createRequest({ method: "CANCEL", requestUri: invite.requestUri, headers });
}
