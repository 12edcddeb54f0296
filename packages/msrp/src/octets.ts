const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");
const encoder = new TextEncoder();
const NodeBuffer = typeof Buffer === "undefined" ? undefined : Buffer;

/** ASCII octets as text. Where there is a `Buffer`, it is several times as fast as `TextDecoder`. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  if (!NodeBuffer) return latin1.decode(bytes.subarray(start, end));
  const buffer =
    bytes instanceof NodeBuffer ? bytes : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1", start, end);
}

/** Octets as text, undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** Text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return NodeBuffer ? NodeBuffer.from(text, "utf8") : encoder.encode(text);
}

/** A head, a body and ASCII after it as one piece, so that a small chunk is one write. */
export function joinChunk(head: string, body: Uint8Array, tail: string): Uint8Array {
  if (!NodeBuffer) return joinOctets([encoder.encode(head), body, encoder.encode(tail)]);
  const headBytes = NodeBuffer.byteLength(head, "utf8");
  const whole = NodeBuffer.allocUnsafe(headBytes + body.length + tail.length);
  whole.write(head, 0, "utf8");
  whole.set(body, headBytes);
  whole.write(tail, headBytes + body.length, "latin1");
  return whole;
}

/** Pieces in a row as one. */
export function joinOctets(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
