import { parseCredentials } from "./credentials.js";
import type { Digester } from "./digest.js";
import { verifyDigest } from "./digest-verification.js";
import { quoteString } from "./quoted-string.js";

/** What the authentication centre gives for one authentication. RES is used once. @spec rfc3310#3.1 */
export interface AkaVector {
  /** 16 bytes. */
  readonly rand: Uint8Array;
  /** 16 bytes. */
  readonly autn: Uint8Array;
  /** The expected RES. */
  readonly xres: Uint8Array;
}

/** What credentials mean for the vector that they answer. */
export type AkaVerdict =
  /** The vector is used up. */
  | { readonly kind: "verified" }
  /**
   * The card is ahead of us, or behind: the authentication centre checks AUTS with K and RAND, takes SQN from it, and
   * the client MUST get a new challenge.
   */
  | { readonly kind: "resynchronise"; readonly rand: Uint8Array; readonly auts: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string };

/** MD5 of bytes, beside the one of text, because RES is no text. */
export interface AkaDigester extends Digester {
  md5(bytes: Uint8Array): string;
}

const blockBytes = 16;
const autsBytes = 14;

/** Writes a challenge for IMS-AKA. @spec rfc3310#3.2 @spec GEN-48 */
export function createAkaChallenge({
  realm,
  vector,
}: {
  readonly realm: string;
  readonly vector: AkaVector;
}): string {
  return `Digest realm=${quoteString(realm)}, nonce="${akaNonceOf(vector)}", algorithm=AKAv1-MD5, qop="auth"`;
}

/** Base64 of RAND and AUTN. @spec rfc3310#3.2 */
export function akaNonceOf({ rand, autn }: Pick<AkaVector, "rand" | "autn">): string {
  return btoa(String.fromCharCode(...rand, ...autn));
}

/** Reads RAND, AUTN and what the server added. @spec rfc3310#3.2 */
export function parseAkaNonce(
  nonce: string,
): { readonly rand: Uint8Array; readonly autn: Uint8Array; readonly serverData: Uint8Array } | undefined {
  const bytes = bytesOfBase64(nonce);
  if (bytes === undefined || bytes.length < 2 * blockBytes) return undefined;
  return {
    rand: bytes.slice(0, blockBytes),
    autn: bytes.slice(blockBytes, 2 * blockBytes),
    serverData: bytes.slice(2 * blockBytes),
  };
}

/**
 * Checks the credentials (an Authorization value) that answer the challenge made of `vector`.
 *
 * @spec rfc3310#3.3
 * @spec rfc3310#3.4
 * @spec GEN-48
 */
export function verifyAka(parts: {
  readonly authorization: string;
  readonly method: string;
  readonly realm: string;
  readonly vector: AkaVector;
  readonly digester: AkaDigester;
}): AkaVerdict {
  const parsed = parseCredentials(parts.authorization);
  if (!parsed.ok) return refused("The credentials cannot be read");
  const { params } = parsed.value;
  if (params.get("algorithm")?.toUpperCase() !== "AKAV1-MD5")
    return refused("The algorithm is not AKAv1-MD5");
  if (params.get("realm") !== parts.realm) return refused("The credentials are for another realm");
  if (params.get("nonce") !== akaNonceOf(parts.vector))
    return refused("The nonce is not that of the challenge");
  const auts = params.get("auts");
  const password = auts === undefined ? parts.vector.xres : new Uint8Array(0);
  if (!isProven(params, password, parts)) return refused("The response is wrong");
  return auts === undefined ? { kind: "verified" } : resynchronise(auts, parts.vector.rand);
}

function isProven(
  params: ReadonlyMap<string, string>,
  password: Uint8Array,
  {
    method,
    realm,
    digester,
  }: { readonly method: string; readonly realm: string; readonly digester: AkaDigester },
): boolean {
  const name = new TextEncoder().encode(`${params.get("username") ?? ""}:${realm}:`);
  const a1 = new Uint8Array(name.length + password.length);
  a1.set(name);
  a1.set(password, name.length);
  const credentials = new Map(params).set("algorithm", "MD5");
  return verifyDigest({ credentials, method, ha1: digester.md5(a1), digester });
}

function resynchronise(text: string, rand: Uint8Array): AkaVerdict {
  const auts = bytesOfBase64(text);
  if (auts?.length !== autsBytes) return refused("The auts parameter is not an AUTS");
  return { kind: "resynchronise", rand, auts };
}

function refused(reason: string): AkaVerdict {
  return { kind: "refused", reason };
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
