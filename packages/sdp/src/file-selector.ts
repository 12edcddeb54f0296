import { ok, type Result } from "@heliograph/kernel";
import { type Fingerprint, parseFingerprint } from "./fingerprint.js";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import { utf8Of } from "./octet-text.js";

/** The file that `a=file-selector` describes; without any selector it only says that files are understood. */
export interface FileSelector {
  /** As its user named it: percent escapes undone, and so not safe for a file system. */
  readonly name?: string;
  readonly size?: number;
  readonly type?: string;
  readonly hashes: readonly Fingerprint[];
}

interface Draft {
  name?: string;
  size?: number;
  type?: string;
  hashes: Fingerprint[];
}

const selector =
  /^(?:name:"(?<name>[^"]+)"|size:(?<size>\d{1,15})|type:(?<type>[^\s/;"]+\/[^\s/;"]+(?:;[^\s;="]+=(?:"[^"]*"|[^\s";]*))*)|hash:(?<algorithm>[^\s:]+):(?<digest>[^\s]+))(?: +|$)/i;
const maxSelectors = 16;

/** Reads the selectors, in any order; there may be several hashes. @spec rfc5547#6 */
export function parseFileSelector(value: string, offset: number): Result<FileSelector, MalformedSdp> {
  const draft: Draft = { hashes: [] };
  let count = 0;
  for (let at = 0; at < value.length; count += 1) {
    const match = count < maxSelectors ? selector.exec(value.slice(at)) : null;
    if (match?.groups === undefined) return malformed("file selector", offset + at);
    const problem = take(draft, match.groups, offset + at);
    if (problem !== undefined) return malformed(problem.rule, problem.offset);
    at += match[0].length;
  }
  return ok(draft);
}

function take(
  draft: Draft,
  { name, size, type, algorithm, digest }: Record<string, string | undefined>,
  offset: number,
): MalformedSdp | undefined {
  if (algorithm !== undefined) {
    const hash = parseFingerprint(`${algorithm} ${digest ?? ""}`, offset);
    if (!hash.ok) return { rule: "file hash", offset };
    draft.hashes.push(hash.value);
    return undefined;
  }
  const one = single({ name, size, type });
  if (Object.keys(one).some((key) => key in draft)) return { rule: "file selector twice", offset };
  Object.assign(draft, one);
  return undefined;
}

function single({ name, size, type }: Record<"name" | "size" | "type", string | undefined>): Partial<Draft> {
  if (name !== undefined) return { name: utf8Of(unescapeOctets(name)) };
  if (size !== undefined) return { size: Number(size) };
  return type === undefined ? {} : { type: utf8Of(type) };
}

/** The attribute; every hash in upper case, as its grammar has it. @spec rfc5547#6 */
export function formatFileSelector({ name, size, type, hashes }: FileSelector): string {
  const selectors = [
    ...(name === undefined ? [] : [`name:"${escapeName(name)}"`]),
    ...(type === undefined ? [] : [`type:${type}`]),
    ...(size === undefined ? [] : [`size:${size}`]),
    ...hashes.map(({ hash, digest }) => `hash:${hash}:${digest}`),
  ];
  return selectors.length === 0 ? "file-selector" : `file-selector:${selectors.join(" ")}`;
}

/** What the grammar forbids and what a file system may read as a directory is written as `%XX`. */
function escapeName(name: string): string {
  return name.replace(
    /[\0-\x1F"%/\\:\x7F]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function unescapeOctets(octetText: string): string {
  return octetText.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
