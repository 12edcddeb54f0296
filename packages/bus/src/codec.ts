import { z } from "zod";

/** A value as it crosses the wire: what the schema encodes (octets become base64), as JSON. Throws on a value that does not fit. */
export function encode<T>(schema: z.ZodType<T>, value: T): Buffer {
  return Buffer.from(JSON.stringify(z.encode(schema, value)));
}

/** Reads what {@link encode} wrote; throws on anything else. Fields that the schema does not know are dropped. */
export function decode<T>(schema: z.ZodType<T>, octets: Uint8Array): T {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString();
  const wire: unknown = JSON.parse(text);
  return schema.parse(wire);
}
