import { attributesOf } from "./attribute.js";
import { formatConnection } from "./connection-line.js";
import { type Fingerprint, formatFingerprint } from "./fingerprint.js";
import type { MsrpTransport } from "./msrp-media.js";
import { formatPath, type PathUri } from "./msrp-path.js";
import { octetsOf } from "./octet-text.js";
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
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Puts an anchor into one media section: c=, the port (and transport) of m=, path, setup, msrp-cema and fingerprint.
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
  if (anchor.fingerprints.length === 0) keepSessionFingerprintsElsewhere(description, index, editor);
  return editor.apply();
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

/** Collects edits of whole lines and splices them into the octets. */
class SectionEditor {
  readonly #description: SessionDescription;
  readonly #section: readonly SdpLine[];
  readonly #endOfLine: string;
  readonly #edits: Edit[] = [];

  constructor(description: SessionDescription, section: readonly SdpLine[]) {
    this.#description = description;
    this.#section = section;
    this.#endOfLine = /\r\n|\n/.exec(description.octetText)?.[0] ?? "\r\n";
  }

  replace(line: SdpLine, value: string): void {
    const start = line.offset + 2;
    this.#edits.push({ start, end: start + line.value.length, text: value });
  }

  remove(line: SdpLine): void {
    this.#edits.push({ start: line.offset, end: line.end, text: "" });
  }

  #insertAfter(line: SdpLine | undefined, text: string): void {
    if (line === undefined) return;
    const isEnded = this.#description.octetText[line.end - 1] === "\n";
    const inserted = isEnded ? `${text}${this.#endOfLine}` : `${this.#endOfLine}${text}`;
    this.#edits.push({ start: line.end, end: line.end, text: inserted });
  }

  /** The section's own `c=`; without one, the session's when nobody else needs it, else a new one. */
  setConnection(value: string): void {
    const isConnection = ({ type }: SdpLine) => type === "c";
    const { session, media } = this.#description;
    const alone = media.length === 1 ? session.find(isConnection) : undefined;
    const [line = alone, ...others] = this.#section.filter(isConnection);
    for (const other of others) this.remove(other);
    if (line !== undefined) return this.replace(line, value);
    this.#insertAfter(this.#section[this.#section[1]?.type === "i" ? 1 : 0], `c=${value}`);
  }

  /** Writes these in the place of the section's attributes of that name, or at its end. */
  setAttribute(name: string, values: readonly string[]): void {
    const lines = attributesOf(this.#section, name).map(({ line }) => line);
    for (const [index, line] of lines.entries()) {
      const value = values[index];
      if (value === undefined) this.remove(line);
      else this.replace(line, value);
    }
    for (const value of values.slice(lines.length)) this.insertAttribute(this.#section, value);
  }

  /** Before the first attribute of a section, or at its end when it has none. */
  insertAttribute(section: readonly SdpLine[], value: string): void {
    const first = section.find(({ type }) => type === "a");
    if (first === undefined) return this.#insertAfter(section.at(-1), `a=${value}`);
    this.#edits.push({ start: first.offset, end: first.offset, text: `a=${value}${this.#endOfLine}` });
  }

  apply(): Uint8Array {
    const { octetText } = this.#description;
    let text = "";
    let at = 0;
    for (const { start, end, text: replacement } of this.#edits.sort(
      (a, b) => a.start - b.start || a.end - b.end,
    )) {
      text += octetText.slice(at, start) + replacement;
      at = end;
    }
    return octetsOf(text + octetText.slice(at));
  }
}
