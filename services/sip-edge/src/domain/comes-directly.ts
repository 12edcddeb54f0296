import type { SipRequest } from "@heliograph/sip";

/** Whether no proxy has passed a request on: then the far end of its flow is who sent it. @spec rfc5626#6 @spec R-sip-edge-1 */
export function comesDirectly({ headers }: SipRequest): boolean {
  return headers.values("Via").length === 1;
}
