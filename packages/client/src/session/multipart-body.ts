import type { Chance } from "@heliograph/kernel";
import { formatMultipart, HeaderList } from "@heliograph/sip";

/** A part beside the session description. */
export interface BodyPart {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** A description alone, or as the first part of multipart/mixed. @spec CL-21 */
export function bodyWithParts(
  description: Uint8Array,
  parts: readonly BodyPart[],
  chance: Chance,
): { readonly contentType: string; readonly body: Uint8Array } {
  if (parts.length === 0) return { contentType: "application/sdp", body: description };
  const boundary = `b${chance.token(18).replaceAll(/[^0-9A-Za-z]/g, "")}`;
  const all = [{ headers: [["Content-Type", "application/sdp"]] as const, body: description }, ...parts];
  const body = formatMultipart(
    all.map((part) => ({ headers: HeaderList.of(part.headers), body: part.body })),
    boundary,
  );
  return { contentType: `multipart/mixed;boundary=${boundary}`, body };
}
