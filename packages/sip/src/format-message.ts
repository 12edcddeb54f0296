import type { SipRequest } from "./sip-request.js";
import type { SipResponse } from "./sip-response.js";

const encoder = new TextEncoder();
/** Where heads are encoded before their length is known. */
const desk = new Uint8Array(16_384);
/** A `Buffer` from the pool costs a fraction of a new array. */
const newBytes =
  typeof Buffer === "undefined"
    ? (length: number) => new Uint8Array(length)
    : (length: number) => Buffer.allocUnsafe(length);

/** Writes a message; Content-Length is always that of the body. @spec rfc3261#7 @spec rfc3261#20.14 */
export function formatMessage(message: SipRequest | SipResponse): Uint8Array {
  const line =
    message.kind === "request"
      ? `${message.method} ${message.requestUri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  const head = `${line}${message.headers.format("content-length")}Content-Length: ${message.body.length}\r\n\r\n`;
  return join(head, message.body);
}

function join(head: string, body: Uint8Array): Uint8Array {
  const { written, read } = encoder.encodeInto(head, desk);
  const encoded = read === head.length ? desk.subarray(0, written) : encoder.encode(head);
  const bytes = newBytes(encoded.length + body.length);
  bytes.set(encoded);
  bytes.set(body, encoded.length);
  return bytes;
}
