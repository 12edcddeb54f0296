import { err, ok, type Result } from "@heliograph/kernel";
import { digit, skip } from "./char-class.js";
import type { FieldFault } from "./field-reader.js";
import type { ParseLimits } from "./parse-limits.js";

/**
 * The bytes that Content-Length says are the body: bytes after it are noise, missing ones are an error. Without the
 * field, the body goes to the end of the datagram or WebSocket message; a stream MUST have it.
 *
 * @spec rfc3261#18.3 @spec rfc7118#5 @spec rfc4475#3.1.1.8 @spec rfc4475#3.1.2.2
 */
export function readBody(
  bytes: Uint8Array,
  start: number,
  rules: { readonly stated: string | undefined; readonly isStream: boolean; readonly limits: ParseLimits },
): Result<Uint8Array, FieldFault> {
  const available = bytes.length - start;
  if (rules.stated === undefined && rules.isStream) {
    return err({ rule: "required field", header: "content-length", offset: 0 });
  }
  const length = rules.stated === undefined ? available : parseContentLength(rules.stated);
  if (length === undefined) return err({ rule: "1*DIGIT", header: "content-length", offset: 0 });
  if (length > rules.limits.maxBodyBytes) return err({ rule: "body size", offset: start });
  if (length > available) return err({ rule: "Content-Length", header: "content-length", offset: 0 });
  return ok(bytes.subarray(start, start + length));
}

/** A Content-Length that may be larger than anything, or undefined. @spec rfc3261#20.14 @spec rfc4475#3.1.2.3 */
export function parseContentLength(text: string): number | undefined {
  const end = skip(text, 0, text.length, digit);
  return end === text.length && end > 0 ? Number(text) : undefined;
}
