import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";

/** A certificate's hash as `a=fingerprint` gives it. */
export interface Fingerprint {
  /** In lower case: `sha-256`. */
  readonly hash: string;
  /** Upper-case hexadecimal octets, separated by colons. */
  readonly digest: string;
}

/** Octets of each known hash, the strongest first. */
const digestBytes = new Map([
  ["sha-512", 64],
  ["sha-384", 48],
  ["sha-256", 32],
  ["sha-224", 28],
  ["sha-1", 20],
  ["md5", 16],
  ["md2", 16],
]);
const forbidden = new Set(["md5", "md2"]);
const shape = /^([\w\-.!#$%&'*+^`{|}~]+) +([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})*)$/;

/** Reads a fingerprint in upper or lower case. @spec rfc8122#5 */
export function parseFingerprint(value: string, offset: number): Result<Fingerprint, MalformedSdp> {
  const [, name = "", digest = ""] = shape.exec(value) ?? [];
  if (name === "") return malformed("fingerprint", offset);
  const hash = name.toLowerCase();
  const expected = digestBytes.get(hash);
  if (expected !== undefined && digest.length !== expected * 3 - 1) {
    return malformed("fingerprint length", offset + value.indexOf(digest));
  }
  return ok({ hash, digest: digest.toUpperCase() });
}

/** How a fingerprint is written: as RFC 8122 has it, or for a peer that compares letters. */
export type FingerprintLetters = "standard" | "lower" | "upper";

/** `sha-256 4A:AD:…`, or all of it in lower or upper case. @spec rfc8122#5 */
export function formatFingerprint(
  { hash, digest }: Fingerprint,
  letters: FingerprintLetters = "standard",
): string {
  const text = `${hash} ${digest}`;
  if (letters === "standard") return text;
  return letters === "lower" ? text.toLowerCase() : text.toUpperCase();
}

/** The fingerprint of a digest that somebody computed. */
export function fingerprintOf(hash: string, digest: Uint8Array): Fingerprint {
  const hex = Array.from(digest, (octet) => octet.toString(16).padStart(2, "0").toUpperCase());
  return { hash: hash.toLowerCase(), digest: hex.join(":") };
}

/**
 * The fingerprints to verify a certificate against: those of the strongest hash among them; none when all are
 * unknown or forbidden, and then TLS by fingerprint is not possible.
 *
 * @spec rfc8122#5.1
 */
export function strongestFingerprints(fingerprints: readonly Fingerprint[]): readonly Fingerprint[] {
  for (const hash of digestBytes.keys()) {
    const found = fingerprints.filter((fingerprint) => fingerprint.hash === hash);
    if (found.length > 0 && !forbidden.has(hash)) return found;
  }
  return [];
}
