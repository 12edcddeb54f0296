import { createRequest } from "../create-request.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { hopFieldsOf } from "./hop-fields.js";

/** The ACK for a response of 300 to 699, which the INVITE's own transaction sends. @spec rfc3261#17.1.1.3 */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  const to = response.headers.get("to") ?? "";
  return createRequest({
    method: "ACK",
    requestUri: invite.requestUri,
    headers: hopFieldsOf(invite, "ACK", to),
  });
}
