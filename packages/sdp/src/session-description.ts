import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import { octetTextOf } from "./octet-text.js";

/** One line of a description, with the place of its type letter and of what follows its line end. */
export interface SdpLine {
  readonly type: string;
  readonly value: string;
  readonly offset: number;
  readonly end: number;
}

/** A description line by line: every line kept, known or not, in its order. */
export interface SessionDescription {
  /** The whole, one character for each octet. */
  readonly octetText: string;
  readonly session: readonly SdpLine[];
  /** One list of lines for each media section; the first is its `m=` line. */
  readonly media: readonly (readonly SdpLine[])[];
}

/** What a description may cost its reader. */
export interface SdpLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
  readonly maxMedia: number;
}

/** Far beyond what a messaging client sends. */
export const defaultSdpLimits: SdpLimits = { maxBytes: 65_536, maxLines: 1_024, maxMedia: 32 };

/**
 * Splits a description into lines and media sections. Ends of line may be LF alone, as RFC 8866 §5 asks of readers;
 * a type letter that is not known is kept.
 *
 * @spec rfc8866#5
 * @spec R-sdp-1
 */
export function parseSessionDescription(
  body: Uint8Array | string,
  limits: SdpLimits = defaultSdpLimits,
): Result<SessionDescription, MalformedSdp> {
  if (body.length > limits.maxBytes) return malformed("size", limits.maxBytes);
  const octetText = octetTextOf(body);
  if (octetText.length > limits.maxBytes) return malformed("size", limits.maxBytes);
  const lines = splitLines(octetText, limits.maxLines);
  return lines.ok ? toSections(octetText, lines.value, limits.maxMedia) : lines;
}

function splitLines(octetText: string, maxLines: number): Result<SdpLine[], MalformedSdp> {
  const lines: SdpLine[] = [];
  const whole = octetText.replace(/[\r\n]+$/, "").length;
  for (let offset = 0; offset < whole; ) {
    if (lines.length === maxLines) return malformed("lines", offset);
    const line = readLine(octetText, offset);
    if (!line.ok) return line;
    lines.push(line.value);
    offset = line.value.end;
  }
  return ok(lines);
}

function readLine(octetText: string, offset: number): Result<SdpLine, MalformedSdp> {
  const newline = octetText.indexOf("\n", offset);
  const end = newline < 0 ? octetText.length : newline + 1;
  const content = octetText.slice(offset, end).replace(/\r?\n?$/, "");
  if (!/^[a-z]=/.test(content)) return malformed("line", offset);
  const bad = content.search(/[\0\r]/);
  if (bad >= 0) return malformed("character", offset + bad);
  return ok({ type: content.charAt(0), value: content.slice(2), offset, end });
}

function toSections(
  octetText: string,
  lines: readonly SdpLine[],
  maxMedia: number,
): Result<SessionDescription, MalformedSdp> {
  const [first] = lines;
  if (first?.type !== "v" || first.value.trim() !== "0") return malformed("version", first?.offset ?? 0);
  const starts = lines.flatMap((line, index) => (line.type === "m" ? [index] : []));
  const tooMany = lines[starts[maxMedia] ?? -1];
  if (tooMany !== undefined) return malformed("media sections", tooMany.offset);
  const session = lines.slice(0, starts[0]);
  if (!session.some(({ type }) => type === "o")) return malformed("origin", first.end);
  const media = starts.map((start, index) => lines.slice(start, starts[index + 1]));
  return ok({ octetText, session, media });
}
