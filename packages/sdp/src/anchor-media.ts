import { attributeOf, attributesOf } from "./attribute.js";
import { formatConnection } from "./connection-line.js";
import { type Direction, directionOf, directions } from "./direction.js";
import { type Fingerprint, formatFingerprint } from "./fingerprint.js";
import type { MsrpTransport } from "./msrp-media.js";
import { formatPath, type PathUri } from "./msrp-path.js";
import { SectionEditor } from "./section-editor.js";
import type { SdpLine, SessionDescription } from "./session-description.js";
import type { Setup } from "./setup.js";

/** The end of the session that a relay of ours puts in the place of the peer's. */
export interface Anchor {
  readonly host: string;
  readonly port: number;
  readonly path: readonly PathUri[];
  readonly setup: Setup;
  /** Whether the section says `msrp-cema` afterwards: its c/m-line and path are consistent either way. */
  readonly hasCema: boolean;
  /** When the media is bridged between TCP and TLS. */
  readonly transport?: MsrpTransport;
  /** The anchor's own certificate, which stands for the peer's; without it the section has none. */
  readonly fingerprints: readonly Fingerprint[];
  /** The largest message that the anchor takes; a section that says less keeps saying it. @spec MS-17 */
  readonly maxSize?: number;
  /** The direction that the section says afterwards; not given, it keeps saying its author's. @spec rfc3264#6.1 */
  readonly direction?: Direction;
}

/**
 * Puts an anchor into one media section: c=, the port (and transport) of m=, path, setup, msrp-cema, fingerprint, and
 * the direction where that is another.
 * Every other octet stays as it was. What the session level said for this section and for others is overridden in
 * this section only.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec R-sdp-4
 */
export function anchorMedia(description: SessionDescription, index: number, anchor: Anchor): Uint8Array {
  const section = description.media[index];
  const [mediaLine] = section ?? [];
  if (section === undefined || mediaLine === undefined) throw new Error(`there is no media section ${index}`);
  const editor = new SectionEditor(description, section);
  editor.replace(mediaLine, withAnchor(mediaLine.value, anchor));
  editor.setConnection(formatConnection(anchor.host));
  editor.setAttribute("path", [`path:${formatPath(anchor.path)}`]);
  editor.setAttribute("setup", [`setup:${anchor.setup}`]);
  editor.setAttribute("msrp-cema", anchor.hasCema ? ["msrp-cema"] : []);
  editor.setAttribute(
    "fingerprint",
    anchor.fingerprints.map((one) => `fingerprint:${formatFingerprint(one)}`),
  );
  setMaxSize(section, anchor, editor);
  setDirection(section, description.session, anchor, editor);
  if (anchor.fingerprints.length === 0) keepSessionFingerprintsElsewhere(description, index, editor);
  return editor.apply();
}

/**
 * Gives a media section port 0, by which an offer or answer says that it has no such stream. What was said of the
 * stream goes with it; the protocol may be changed to that of the offer which is answered.
 *
 * @spec rfc3264#6
 * @spec rfc3264#8.2
 * @spec PF-10
 */
export function closeMedia(description: SessionDescription, index: number, protocol?: string): Uint8Array {
  const section = description.media[index];
  const [mediaLine, ...rest] = section ?? [];
  if (section === undefined || mediaLine === undefined) throw new Error(`there is no media section ${index}`);
  const editor = new SectionEditor(description, section);
  const closed = mediaLine.value.replace(
    /^([^ ]+ +)[^ ]+( +)([^ ]+)/,
    (_, media: string, space: string, own: string) => `${media}0${space}${protocol ?? own}`,
  );
  editor.replace(mediaLine, closed);
  const needsConnection = !description.session.some(({ type }) => type === "c");
  for (const line of rest) if (line.type !== "c" || !needsConnection) editor.remove(line);
  return editor.apply();
}

function setMaxSize(section: readonly SdpLine[], { maxSize }: Anchor, editor: SectionEditor): void {
  if (maxSize === undefined) return;
  const said = Number(attributeOf(section, "max-size")?.value ?? Number.POSITIVE_INFINITY);
  editor.setAttribute("max-size", [`max-size:${Math.min(maxSize, said)}`]);
}

function setDirection(
  section: readonly SdpLine[],
  session: readonly SdpLine[],
  { direction }: Anchor,
  editor: SectionEditor,
): void {
  if (direction === undefined || direction === directionOf(section, session)) return;
  for (const name of directions) editor.setAttribute(name, name === direction ? [name] : []);
}

function withAnchor(mediaLine: string, { port, transport }: Anchor): string {
  return mediaLine.replace(
    /^([^ ]+ +)[^ ]+( +)([^ ]+)/,
    (_, media: string, space: string, protocol: string) => `${media}${port}${space}${transport ?? protocol}`,
  );
}

/** A section cannot say that it has no fingerprint: the session's own moves into the sections that use it. */
function keepSessionFingerprintsElsewhere(
  { session, media }: SessionDescription,
  index: number,
  editor: SectionEditor,
): void {
  const ofSession = attributesOf(session, "fingerprint");
  for (const { line } of ofSession) editor.remove(line);
  for (const [other, lines] of media.entries()) {
    if (other === index || attributesOf(lines, "fingerprint").length > 0) continue;
    for (const { line } of ofSession) editor.insertAttribute(lines, line.value);
  }
}
