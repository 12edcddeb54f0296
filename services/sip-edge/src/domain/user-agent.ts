import type { SipRequest } from "@heliograph/sip";

/** What a client calls itself, for challenges that it understands. @spec GEN-32 */
export function userAgentOf({ headers }: SipRequest): { readonly userAgent?: string } {
  const userAgent = headers.get("User-Agent");
  return userAgent === undefined ? {} : { userAgent };
}
