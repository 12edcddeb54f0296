import { ok, type Result } from "@heliograph/kernel";
import { attributeOf } from "./attribute.js";
import { type FileRange, formatFileRange, parseFileRange } from "./file-range.js";
import { type FileSelector, formatFileSelector, parseFileSelector } from "./file-selector.js";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import type { SdpLine } from "./session-description.js";

/** One file on a media section of its own. */
export interface FileTransfer {
  readonly selector: FileSelector;
  /** The same value in a later offer means the same transfer. */
  readonly transferId?: string;
  readonly disposition?: string;
  readonly dates?: FileDates;
  /** The Content-ID URL of a preview in the same body. */
  readonly icon?: string;
  readonly range?: FileRange;
}

/** Dates in RFC 5322 form. */
export interface FileDates {
  readonly creation?: string;
  readonly modification?: string;
  readonly read?: string;
}

const token = /^[\w\-.!#$%&'*+^`{|}~]+$/;
const cidUrl = /^cid:[^\s<>"]+$/i;
const date = /^(creation|modification|read):"([^"]{1,64})"(?: +|$)/;

/** What a section says about a file, if it says anything. @spec rfc5547#6 */
export function readFileTransfer(lines: readonly SdpLine[]): Result<FileTransfer | undefined, MalformedSdp> {
  const attribute = attributeOf(lines, "file-selector");
  if (attribute === undefined) return ok(undefined);
  const selector = parseFileSelector(attribute.value, attribute.offset);
  if (!selector.ok) return selector;
  const transferId = textOf(lines, "file-transfer-id", token);
  const disposition = textOf(lines, "file-disposition", token);
  const icon = textOf(lines, "file-icon", cidUrl);
  const dates = datesOf(lines);
  const range = rangeOf(lines);
  if (!transferId.ok) return transferId;
  if (!disposition.ok) return disposition;
  if (!icon.ok) return icon;
  if (!dates.ok) return dates;
  if (!range.ok) return range;
  return ok({
    selector: selector.value,
    ...transferId.value,
    ...disposition.value,
    ...icon.value,
    ...dates.value,
    ...range.value,
  });
}

const keys = {
  "file-transfer-id": "transferId",
  "file-disposition": "disposition",
  "file-icon": "icon",
} as const;

function textOf(
  lines: readonly SdpLine[],
  name: keyof typeof keys,
  shape: RegExp,
): Result<Pick<FileTransfer, (typeof keys)[typeof name]>, MalformedSdp> {
  const attribute = attributeOf(lines, name);
  if (attribute === undefined) return ok({});
  return shape.test(attribute.value)
    ? ok({ [keys[name]]: attribute.value })
    : malformed(name, attribute.offset);
}

function datesOf(lines: readonly SdpLine[]): Result<Pick<FileTransfer, "dates">, MalformedSdp> {
  const attribute = attributeOf(lines, "file-date");
  if (attribute === undefined) return ok({});
  const dates = new Map<string, string>();
  for (let at = 0; at < attribute.value.length; ) {
    const [whole = "", name = "", text = ""] = date.exec(attribute.value.slice(at)) ?? [];
    if (whole === "" || dates.has(name)) return malformed("file-date", attribute.offset + at);
    dates.set(name, text);
    at += whole.length;
  }
  return dates.size === 0
    ? malformed("file-date", attribute.offset)
    : ok({ dates: Object.fromEntries(dates) });
}

function rangeOf(lines: readonly SdpLine[]): Result<Pick<FileTransfer, "range">, MalformedSdp> {
  const attribute = attributeOf(lines, "file-range");
  if (attribute === undefined) return ok({});
  const range = parseFileRange(attribute.value, attribute.offset);
  return range.ok ? ok({ range: range.value }) : range;
}

/** The attributes of a file, each without its `a=`. @spec rfc5547#6 */
export function formatFileTransfer(file: FileTransfer): readonly string[] {
  const dates = Object.entries(file.dates ?? {}).map(([name, text]) => `${name}:"${text}"`);
  return [
    formatFileSelector(file.selector),
    ...(file.transferId === undefined ? [] : [`file-transfer-id:${file.transferId}`]),
    ...(file.disposition === undefined ? [] : [`file-disposition:${file.disposition}`]),
    ...(dates.length === 0 ? [] : [`file-date:${dates.join(" ")}`]),
    ...(file.icon === undefined ? [] : [`file-icon:${file.icon}`]),
    ...(file.range === undefined ? [] : [`file-range:${formatFileRange(file.range)}`]),
  ];
}

/**
 * What the answer of a receiver repeats of the offer: the selectors, the identifier and the range; never icon,
 * disposition or dates.
 *
 * @spec rfc5547#8.3.1
 */
export function answeredFile({ selector, transferId, range }: FileTransfer): FileTransfer {
  return {
    selector,
    ...(transferId === undefined ? {} : { transferId }),
    ...(range === undefined ? {} : { range }),
  };
}
