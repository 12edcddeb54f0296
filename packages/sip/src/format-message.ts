import type { SipRequest } from "./sip-request.js";
import type { SipResponse } from "./sip-response.js";
import { headerKeyOf } from "./header-name.js";

const encoder = new TextEncoder();

/** Writes a message; Content-Length is always that of the body. @spec rfc3261#7 @spec rfc3261#20.14 */
export function formatMessage(message: SipRequest | SipResponse): Uint8Array {
  let head =
    message.kind === "request"
      ? `${message.method} ${message.requestUri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  for (const [name, value] of message.headers.fields()) {
    if (headerKeyOf(name) !== "content-length") head += `${name}: ${value}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const bytes = encoder.encode(head);
  if (message.body.length === 0) return bytes;
  const whole = new Uint8Array(bytes.length + message.body.length);
  whole.set(bytes);
  whole.set(message.body, bytes.length);
  return whole;
}
