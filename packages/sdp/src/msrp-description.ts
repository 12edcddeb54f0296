import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import { type MediaLine, parseMediaLine } from "./media-line.js";
import { isMsrpTransport, type MsrpMedia, readMsrpMedia } from "./msrp-media.js";
import {
  parseSessionDescription,
  type SdpLimits,
  type SdpLine,
  type SessionDescription,
} from "./session-description.js";

/** One media section: a message session, one that has port 0, or something that is not MSRP. */
export type Media =
  | MsrpMedia
  | { readonly kind: "removed"; readonly line: MediaLine }
  | { readonly kind: "other"; readonly line: MediaLine };

/** A description whose message sessions have been read. */
export interface MsrpDescription {
  readonly description: SessionDescription;
  readonly media: readonly Media[];
}

/** Reads a description and every message session in it. @spec rfc4975#8 @spec MS-51 */
export function parseMsrpDescription(
  body: Uint8Array | string,
  limits?: SdpLimits,
): Result<MsrpDescription, MalformedSdp> {
  const description = parseSessionDescription(body, limits);
  if (!description.ok) return description;
  const media: Media[] = [];
  for (const lines of description.value.media) {
    const read = readMedia(lines, description.value.session);
    if (!read.ok) return read;
    media.push(read.value);
  }
  return ok({ description: description.value, media });
}

function readMedia(lines: readonly SdpLine[], session: readonly SdpLine[]): Result<Media, MalformedSdp> {
  const [first] = lines;
  if (first === undefined) return malformed("media line", 0);
  const line = parseMediaLine(first);
  if (!line.ok) return line;
  if (line.value.port === 0) return ok({ kind: "removed", line: line.value });
  const { media, protocol } = line.value;
  if (media === "message" && isMsrpTransport(protocol)) {
    return readMsrpMedia({ ...line.value, protocol }, lines, session);
  }
  return ok({ kind: "other", line: line.value });
}
