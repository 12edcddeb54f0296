import type { Malformed } from "./malformed.js";
import type { SipRequest } from "./sip-request.js";

/** Why bytes are not a SIP message, and what their sender is to be told. @spec rfc3261#21.4.1 */
export interface MalformedMessage extends Malformed {
  /** The header field at fault, in its long form and lower case. */
  readonly header?: string;
  /** What to answer: 400, 413, 416, 505, 513. */
  readonly status: number;
  /** What is wrong, in words that the sender's developer understands. */
  readonly reason: string;
  /** The request as far as it could be read, where that is enough for `createResponse`. */
  readonly answerable?: SipRequest;
}
