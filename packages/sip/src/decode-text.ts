const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NodeBuffer = typeof Buffer === "undefined" ? undefined : Buffer;

/** Bytes that are known to be ASCII as text. Where there is a `Buffer`, it is several times as fast as `TextDecoder`. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  if (!NodeBuffer) return strict.decode(bytes.subarray(start, end));
  const buffer = bytes instanceof NodeBuffer ? bytes : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
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
