import {
  type Anchor,
  anchorMedia,
  closeMedia,
  type Direction,
  type Fingerprint,
  type MsrpDescription,
  parseSessionDescription,
  type SessionDescription,
  type Setup,
} from "@heliograph/sdp";
import { isSecure, protocolOf, type RelayPoint, uriAt } from "./relay-points.js";

/** Our end of a section, as its reader sees it. */
interface OurEnd {
  readonly point: RelayPoint;
  readonly sessionId: string;
  readonly setup: Setup;
  readonly hasCema: boolean;
  /** Which way messages may go; not given, as the author says. */
  readonly direction?: Direction;
}

/** What to do to one section. */
export type SectionEdit =
  | { readonly kind: "anchor"; readonly end: OurEnd }
  | { readonly kind: "close"; readonly protocol: string };

/** What the relay says of itself in every description. */
export interface Ourselves {
  readonly fingerprints: readonly Fingerprint[];
  /** @spec MS-17 */
  readonly maxMessageBytes: number;
}

/**
 * Writes the description of one side for the other: each section with our end in the place of its author's, or closed.
 * Types, file attributes and all that is not ours to say stay as they are, and so does a direction that may be answered.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec PF-10
 * @spec MS-55
 */
export function writeDescription(
  { description }: MsrpDescription,
  edits: readonly SectionEdit[],
  ourselves: Ourselves,
): Uint8Array {
  let written: Uint8Array | undefined;
  for (const [index, edit] of edits.entries()) {
    const read = written === undefined ? description : reread(written);
    written =
      edit.kind === "close"
        ? closeMedia(read, index, edit.protocol)
        : anchorMedia(read, index, anchorOf(edit.end, ourselves));
  }
  return written ?? Uint8Array.from(description.octetText, (octet) => octet.charCodeAt(0));
}

/** What we wrote ourselves can be read. */
function reread(octets: Uint8Array): SessionDescription {
  const read = parseSessionDescription(octets, { maxBytes: 262_144, maxLines: 4_096, maxMedia: 64 });
  if (!read.ok) throw new Error(`we wrote a description that cannot be read: ${read.error.rule}`);
  return read.value;
}

function anchorOf(
  { point, sessionId, setup, hasCema, direction }: OurEnd,
  { fingerprints, maxMessageBytes }: Ourselves,
): Anchor {
  return {
    host: point.host,
    port: point.port,
    path: [uriAt(point, sessionId)],
    setup,
    hasCema,
    transport: protocolOf(point),
    fingerprints: isSecure(point.transport) ? fingerprints : [],
    maxSize: maxMessageBytes,
    ...(direction !== undefined && { direction }),
  };
}
