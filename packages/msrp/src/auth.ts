import {
  authenticationInfoOf,
  type AuthParams,
  createChallenge,
  type DigestAlgorithm,
  type Digester,
  digestOf,
  ha1Of,
  parseAlgorithm,
  parseChallenge,
  quoteString,
  verifyDigest,
} from "@heliograph/sip";
import type { RequestHead } from "./head.js";

/** The value of a WWW-Authenticate field: always qop auth, never a domain or a session variant. @spec rfc4976#9.1 @spec MS-23 */
export function createAuthChallenge(parts: {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly isStale?: boolean;
}): string {
  const { realm, nonce, algorithm, isStale = false } = parts;
  return createChallenge({ realm, nonce, algorithm, qop: "auth", stale: isStale });
}

/** The URI that the digest is computed with: the last of To-Path, as credentials need not name one. @spec rfc4976#9.1 @spec MS-23 */
export function digestUriOf({ toPath }: Pick<RequestHead, "toPath">): string {
  return toPath.at(-1) ?? "";
}

/**
 * Whether the credentials of an AUTH prove the password behind `ha1`. They must have qop auth, cnonce and nc. That the
 * nonce, the count and the realm are right is for the caller to check.
 *
 * @spec rfc4976#9.1
 * @spec MS-23
 */
export function verifyAuth(parts: {
  readonly head: Pick<RequestHead, "toPath">;
  readonly credentials: AuthParams;
  readonly ha1: string;
  readonly digester: Digester;
}): boolean {
  const { head, credentials, ha1, digester } = parts;
  if (credentials.scheme.toLowerCase() !== "digest") return false;
  if (credentials.params.get("qop")?.toLowerCase() !== "auth") return false;
  if (parseAlgorithm(credentials.params.get("algorithm"))?.isSession !== false) return false;
  const params = new Map(credentials.params).set("uri", digestUriOf(head));
  return verifyDigest({ credentials: params, method: "AUTH", ha1, digester });
}

/** Who answers a challenge. */
export interface AuthAnswerParts {
  readonly challenge: string;
  readonly username: string;
  readonly password: string;
  /** To-Path of the request to come. */
  readonly toPath: readonly string[];
  readonly cnonce: string;
  readonly nc: number;
  readonly digester: Digester;
}

/** The value of an Authorization field; undefined where the challenge cannot be answered. @spec rfc4976#5.1 @spec rfc4976#9.1 @spec MS-23 */
export function answerAuth(parts: AuthAnswerParts): string | undefined {
  const challenge = parseChallenge(parts.challenge);
  if (!challenge?.hasQop || challenge.variant.isSession) return undefined;
  const { username, password, cnonce, digester } = parts;
  const { realm, nonce, variant, algorithm } = challenge;
  const ha1 = ha1Of({ username, realm, password, algorithm: variant.algorithm, digester });
  const nc = parts.nc.toString(16).padStart(8, "0");
  const uri = digestUriOf(parts);
  const protection = { qop: "auth", nc, cnonce } as const;
  const response = digestOf({ ha1, variant, nonce, method: "AUTH", uri, protection, digester });
  const fields = [`Digest username=${quoteString(username)}`, `realm=${quoteString(realm)}`];
  fields.push(`nonce=${quoteString(nonce)}`, `uri=${quoteString(uri)}`, `response="${response}"`);
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`);
  if (challenge.opaque !== undefined) fields.push(`opaque=${quoteString(challenge.opaque)}`);
  return [...fields, "qop=auth", `nc=${nc}`, `cnonce=${quoteString(cnonce)}`].join(", ");
}

/** The value of the Authentication-Info field of a 200 to AUTH: that we know the password too. @spec rfc4976#9.1 @spec rfc7616#3.5 @spec MS-23 */
export function createAuthenticationInfo(parts: {
  readonly head: Pick<RequestHead, "toPath">;
  readonly credentials: AuthParams;
  readonly ha1: string;
  readonly digester: Digester;
  readonly nextNonce?: string;
}): string | undefined {
  const { head, credentials, ...rest } = parts;
  return authenticationInfoOf({ ...rest, credentials: credentials.params, uri: digestUriOf(head) });
}
