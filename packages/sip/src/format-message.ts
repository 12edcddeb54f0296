import type { SipRequest } from "./sip-request.js";
import type { SipResponse } from "./sip-response.js";

const encoder = new TextEncoder();
/** A `Buffer` from the pool costs a fraction of a new array. */
const newBytes =
  typeof Buffer === "undefined"
    ? (length: number) => new Uint8Array(length)
    : (length: number) => Buffer.allocUnsafe(length);

/** Writes a message; Content-Length is always that of the body. @spec rfc3261#7 @spec rfc3261#20.14 */
export function formatMessage(message: SipRequest | SipResponse): Uint8Array {
  const { body, headers } = message;
  const line =
    message.kind === "request"
      ? `${message.method} ${message.requestUri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  return join(`${line}${headers.format("content-length")}\r\nContent-Length: ${body.length}\r\n\r\n`, body);
}

/** Encodes the head in its place as if it were ASCII, as nearly all are; any other needs more room, and is encoded apart. */
function join(head: string, body: Uint8Array): Uint8Array {
  const bytes = newBytes(head.length + body.length);
  const { read, written } = encoder.encodeInto(head, bytes);
  if (read === head.length && written === head.length) {
    bytes.set(body, written);
    return bytes;
  }
  const encoded = encoder.encode(head);
  const longer = newBytes(encoded.length + body.length);
  longer.set(encoded);
  longer.set(body, encoded.length);
  return longer;
}
