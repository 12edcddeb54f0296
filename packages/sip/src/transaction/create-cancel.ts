import { createRequest } from "../create-request.js";
import type { SipRequest } from "../sip-request.js";
import { hopFieldsOf } from "./hop-fields.js";

/**
 * The CANCEL for an INVITE: the same but for the method, with one Via and no Require; `reason` is its Reason value.
 *
 * @spec rfc3261#9.1 @spec rfc3326#2 @spec GEN-40 @spec GEN-17
 */
export function createCancel(invite: SipRequest, reason?: string): SipRequest {
  const to = invite.headers.get("to") ?? "";
  const headers = hopFieldsOf(invite, "CANCEL", to);
  if (reason !== undefined) headers.push(["Reason", reason]);
  return createRequest({ method: "CANCEL", requestUri: invite.requestUri, headers });
}
