import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";

const maxEntries = 256;
const token = "[\\w\\-.!#$%&'*+^`{|}~]+";
const entry = new RegExp(
  `^(?:\\*|${token}/${token})(?: ?; ?${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*"))*(?= |$)`,
);

/**
 * The media types of `a=accept-types` or `a=accept-wrapped-types`, in lower case and without their parameters,
 * which matching leaves out. `*` and `type/*` stay as they are.
 *
 * @spec rfc4975#8.6
 */
export function parseTypeList(value: string, offset: number): Result<readonly string[], MalformedSdp> {
  const types: string[] = [];
  for (let at = 0; at < value.length; ) {
    if (value[at] === " ") {
      at += 1;
      continue;
    }
    const match = entry.exec(value.slice(at))?.[0];
    if (match === undefined) return malformed("type list", offset + at);
    if (types.length === maxEntries) return malformed("type list length", offset + at);
    types.push(withoutParameters(match));
    at += match.length;
  }
  return types.length === 0 ? malformed("type list", offset) : ok(types);
}

/** Whether a list has this type: explicitly, as `type/*`, or as `*`. @spec rfc4975#8.6 */
export function accepts(types: readonly string[], mediaType: string): boolean {
  const type = withoutParameters(mediaType);
  return types.includes(type) || types.includes(`${type.split("/")[0]}/*`) || types.includes("*");
}

/** Whether the two lists have a type in common, wildcards counted. */
export function haveTypeInCommon(ours: readonly string[], theirs: readonly string[]): boolean {
  return ours.some((type) => accepts(theirs, type)) || theirs.some((type) => accepts(ours, type));
}

/** What a peer takes, as its description says. */
export interface AcceptedTypes {
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
}

/** Whether a peer takes this type as the whole message, or inside this wrapper. @spec rfc4975#8.6 @spec MS-51 */
export function mayBeSent(peer: AcceptedTypes, mediaType: string, wrapper?: string): boolean {
  if (wrapper === undefined) return accepts(peer.acceptTypes, mediaType);
  if (!accepts(peer.acceptTypes, wrapper)) return false;
  return accepts(peer.acceptTypes, mediaType) || accepts(peer.acceptWrappedTypes, mediaType);
}

/** Whether everything for this peer goes inside message/cpim, because it names that type first. @spec rfc4975#13 */
export function wrapsEverything(peer: AcceptedTypes): boolean {
  return peer.acceptTypes[0] === "message/cpim";
}

function withoutParameters(mediaType: string): string {
  return (mediaType.split(";")[0] ?? "").trim().toLowerCase();
}
