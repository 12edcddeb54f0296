import { parseVia, type SipRequest } from "@heliograph/sip";
import type { AddressBook } from "./address-request.js";
import type { Answer } from "./answer.js";

/** The answer to a request that is open already. @spec GEN-03 @spec rfc3261#8.2.2.2 */
export function repeated(request: SipRequest, book: AddressBook): Answer {
  return { status: 482, reason: cameThroughUs(request, book) ? "Loop Detected" : "Request Merged" };
}

/** Whether a Via below the top one is ours. @spec GEN-03 @spec rfc3261#16.3 */
function cameThroughUs({ headers }: SipRequest, { own }: AddressBook): boolean {
  return headers
    .values("Via")
    .slice(1)
    .some((value) => {
      const via = parseVia(value);
      return via.ok && own.has(via.value.host, via.value.port);
    });
}
