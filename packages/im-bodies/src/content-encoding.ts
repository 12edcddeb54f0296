import { err, ok, type Result } from "@heliograph/kernel";

/** The codings that we can read. */
export type Coding = "deflate" | "gzip";

/** What came of inflating. `too-large`: more than was allowed came out, and the rest was not even made. */
export type Inflated =
  | { readonly kind: "inflated"; readonly octets: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "corrupt" };

/** Inflates at once and never makes more than `maxBytes`; the platform has the code for it (node:zlib). */
export interface Inflater {
  inflate(coding: Coding, octets: Uint8Array, maxBytes: number): Inflated;
}

/** Why an encoded body was not read: the sender's mistake, a bomb, or a coding that is not ours to read. */
export type UnreadableEncoding = "corrupt" | "too-large" | "unknown-coding";

/** More than any pager message holds, little enough for a thousand at once. */
export const defaultMaxInflatedBytes = 256 * 1024;

/**
 * The body as it was before its Content-Encoding; the last coding named was applied last.
 *
 * @spec rfc3261#20.12
 */
export function decodeContent(
  body: Uint8Array,
  contentEncoding: string | undefined,
  inflater: Inflater,
  maxBytes: number = defaultMaxInflatedBytes,
): Result<Uint8Array, UnreadableEncoding> {
  if (contentEncoding === undefined) return ok(body);
  const codings = contentEncoding.split(",").map((coding) => coding.trim().toLowerCase());
  if (codings.length > 2) return err("unknown-coding");
  let octets = body;
  for (const coding of codings.reverse()) {
    if (coding === "identity" || coding === "") continue;
    const known = knownCodings.get(coding);
    if (!known) return err("unknown-coding");
    const inflated = inflater.inflate(known, octets, maxBytes);
    if (inflated.kind !== "inflated") return err(inflated.kind);
    octets = inflated.octets;
  }
  return ok(octets);
}

const knownCodings: ReadonlyMap<string, Coding> = new Map([
  ["deflate", "deflate"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
]);
