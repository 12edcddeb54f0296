import type { HeaderList } from "../header-list.js";
import { parseMediaType } from "../media-type.js";
import { parseMultipart } from "../multipart.js";

/** The session description of a message: alone, or a part of its body. Undefined where there is none. @spec rfc3264#4 @spec CL-21 */
export function descriptionOf(headers: HeaderList, body: Uint8Array): Uint8Array | undefined {
  if (body.length === 0) return undefined;
  const text = headers.get("content-type") ?? "";
  if (isDescription(text)) return new Uint8Array(body);
  if (!/^\s*multipart\//i.test(text)) return undefined;
  const parts = parseMultipart(body, text);
  if (!parts.ok) return undefined;
  const part = parts.value.find(({ contentType }) => isDescription(contentType));
  return part && new Uint8Array(part.body);
}

function isDescription(contentType: string): boolean {
  const type = parseMediaType(contentType);
  return type.ok && type.value.type === "application" && type.value.subtype === "sdp";
}
