/** The hash algorithms of digest authentication, strongest first. @spec rfc8760#2.3 @spec GEN-32 */
export const digestAlgorithms = ["SHA-512-256", "SHA-256", "MD5"] as const;

/** One of {@link digestAlgorithms}, in the words of the `algorithm` parameter. */
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** The platform's hash functions. */
export interface Digester {
  /** The hash of the text in UTF-8, as lower-case hex digits. @spec rfc8760#2.2 */
  hash(algorithm: DigestAlgorithm, text: string): string;
}

/** What an `algorithm` parameter asks for. A session variant hashes nonce and cnonce into A1. @spec rfc7616#3.3 */
export interface AlgorithmVariant {
  readonly algorithm: DigestAlgorithm;
  readonly isSession: boolean;
}

/** Reads an `algorithm` parameter; absent means MD5, undefined is one that we do not understand. @spec rfc7616#3.3 */
export function parseAlgorithm(text = "MD5"): AlgorithmVariant | undefined {
  const name = text.toUpperCase();
  const isSession = name.endsWith("-SESS");
  const algorithm = digestAlgorithms.find((known) => known === (isSession ? name.slice(0, -5) : name));
  return algorithm && { algorithm, isSession };
}

/** H(username:realm:password), all that a server needs to keep. @spec rfc7616#3.4.2 */
export function ha1Of(parts: {
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly algorithm: DigestAlgorithm;
  readonly digester: Digester;
}): string {
  return parts.digester.hash(parts.algorithm, `${parts.username}:${parts.realm}:${parts.password}`);
}

/** What the response is computed from. Without `protection` it is that of RFC 2069. */
export interface DigestInput {
  readonly ha1: string;
  readonly variant: AlgorithmVariant;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly protection: Protection | undefined;
  readonly digester: Digester;
}

/** What came with RFC 2617. */
export interface Protection {
  readonly qop: "auth" | "auth-int";
  readonly nc: string;
  readonly cnonce: string;
  /** H(entity-body), for `auth-int`. */
  readonly bodyHash?: string;
}

/** The response that proves the password. @spec rfc7616#3.4.1 @spec rfc3261#22.4 */
export function digestOf({ ha1, variant, nonce, method, uri, protection, digester }: DigestInput): string {
  const hash = (text: string): string => digester.hash(variant.algorithm, text);
  if (protection === undefined) return hash(`${ha1}:${nonce}:${hash(`${method}:${uri}`)}`);
  const { qop, nc, cnonce, bodyHash } = protection;
  const a1 = variant.isSession ? hash(`${ha1}:${nonce}:${cnonce}`) : ha1;
  const a2 = hash(qop === "auth" ? `${method}:${uri}` : `${method}:${uri}:${bodyHash ?? hash("")}`);
  return hash(`${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
}
