const chunk = 8192;
const encoder = new TextEncoder();
const NodeBuffer = typeof Buffer === "undefined" ? undefined : Buffer;

/**
 * A body as text with one character for each octet, so that an offset is an octet's and nothing is lost, whatever
 * the character set (RFC 8866 §6 `a=charset`). Where there is a `Buffer`, it is many times as fast.
 */
export function octetTextOf(body: Uint8Array | string): string {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  if (NodeBuffer) return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  let text = "";
  for (let at = 0; at < bytes.length; at += chunk) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  }
  return text;
}

/** The octets of an octet text. */
export function octetsOf(octetText: string): Uint8Array {
  if (NodeBuffer) return new Uint8Array(NodeBuffer.from(octetText, "latin1"));
  return Uint8Array.from(octetText, (character) => character.charCodeAt(0));
}

/** What an octet text says in UTF-8, for a human reader. */
export function utf8Of(octetText: string): string {
  return new TextDecoder().decode(octetsOf(octetText));
}
