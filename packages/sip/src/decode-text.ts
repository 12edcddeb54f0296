const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const octets = new TextDecoder("latin1");
const NodeBuffer = typeof Buffer === "undefined" ? undefined : Buffer;

/**
 * Bytes as a text with one character for each of them; those above 127 need not be the right characters. Where there
 * is a `Buffer`, it is several times as fast as `TextDecoder`.
 */
export function decodeOctets(bytes: Uint8Array, start: number, end: number): string {
  if (!NodeBuffer) return octets.decode(bytes.subarray(start, end));
  const buffer =
    bytes instanceof NodeBuffer ? bytes : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString("latin1", start, end);
}

/** Bytes as text, undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
