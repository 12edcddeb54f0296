import { hash } from "node:crypto";
import type { SipRequest } from "@heliograph/sip";

const nameChars = 16;

/**
 * What a request and its retry with credentials have in common, and no other request has: all but the CSeq and the
 * credentials. Digits and letters.
 *
 * @spec rfc3261#22.2 @spec R-sip-edge-11
 */
export function attemptNameOf({ callId, from, requestUri, headers, body }: SipRequest): string {
  const head = `${callId}\n${from.raw}\n${requestUri}\n${headers.get("Content-Type") ?? ""}\n`;
  return hash("sha256", Buffer.concat([Buffer.from(head), body]), "hex").slice(0, nameChars);
}
