import { z } from "zod";

/** Octets: a `Uint8Array` inside a process, base64 on the wire. */
export const bytes = z.codec(z.string(), z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array), {
  decode: (text) => Buffer.from(text, "base64"),
  encode: (octets) => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64"),
});
