import { err, ok, type Result } from "@heliograph/kernel";
import { skip, skipSpace, tokenChar } from "./char-class.js";
import { codesOf } from "./codes.js";
import type { Malformed } from "./malformed.js";
import { noParams, Params, scanParams } from "./params.js";

/** The value of a Content-Type, or one of an Accept. @spec rfc3261#20.15 */
export interface MediaType {
  /** Lower case. */
  readonly type: string;
  /** Lower case. */
  readonly subtype: string;
  readonly params: Params;
}

/** Reads `type/subtype;name=value`. @spec rfc3261#20.15 @spec rfc3261#25.1 */
export function parseMediaType(text: string): Result<MediaType, Malformed> {
  const start = skipSpace(text, 0);
  const typeEnd = skip(text, start, text.length, tokenChar);
  const slash = skipSpace(text, typeEnd);
  if (typeEnd === start || text.charCodeAt(slash) !== 0x2f) return err({ rule: "m-type", offset: typeEnd });
  const subtypeAt = skipSpace(text, slash + 1);
  const subtypeEnd = skip(text, subtypeAt, text.length, tokenChar);
  if (subtypeEnd === subtypeAt) return err({ rule: "m-subtype", offset: subtypeAt });
  const end = scanParams(codesOf(text), subtypeEnd, text.length);
  if (end !== text.length) return err({ rule: "m-parameter", offset: end < 0 ? -end - 1 : end });
  const raw = text.slice(subtypeEnd).trim();
  return ok({
    type: text.slice(start, typeEnd).toLowerCase(),
    subtype: text.slice(subtypeAt, subtypeEnd).toLowerCase(),
    params: raw === "" ? noParams : new Params(raw),
  });
}
