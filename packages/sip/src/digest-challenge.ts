import { parseAuthChallenge } from "./credentials.js";
import { type AlgorithmVariant, type DigestAlgorithm, parseAlgorithm } from "./digest.js";
import { quoteString } from "./quoted-string.js";

/**
 * Writes the value of a WWW-Authenticate or Proxy-Authenticate field. A server sends one for each algorithm, in the
 * order in which it prefers them. The realm, nonce, opaque and qop are quoted, stale and algorithm are not.
 *
 * @spec rfc7616#3.3
 * @spec rfc8760#2.3
 * @spec GEN-31
 * @spec GEN-32
 */
export function createChallenge(parts: {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop: "auth";
  readonly stale?: boolean;
  readonly opaque?: string;
}): string {
  const opaque = parts.opaque === undefined ? "" : `, opaque=${quoteString(parts.opaque)}`;
  const stale = parts.stale ? ", stale=true" : "";
  return (
    `Digest realm=${quoteString(parts.realm)}, nonce=${quoteString(parts.nonce)}, ` +
    `algorithm=${parts.algorithm}, qop="${parts.qop}"${opaque}${stale}`
  );
}

/** A challenge that can be answered. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  /** As the challenge has it, because the answer must have the same; undefined is MD5. */
  readonly algorithm: string | undefined;
  readonly variant: AlgorithmVariant;
  /** The challenge is one of RFC 2069 when it names no qop at all. */
  readonly hasQop: boolean;
  /** Only the nonce was wrong: the same password may be tried again. @spec CL-02 */
  readonly isStale: boolean;
  readonly opaque: string | undefined;
}

/**
 * Reads a challenge. Undefined is one that MUST be ignored: another scheme (Basic for one), an unknown algorithm, a qop
 * without `auth`.
 *
 * @spec rfc7616#3.3
 * @spec rfc8760#2.4
 */
export function parseChallenge(text: string): DigestChallenge | undefined {
  const parsed = parseAuthChallenge(text);
  if (!parsed.ok || parsed.value.scheme.toLowerCase() !== "digest") return undefined;
  const { params } = parsed.value;
  const [realm, nonce, qop] = [params.get("realm"), params.get("nonce"), params.get("qop")];
  const variant = parseAlgorithm(params.get("algorithm"));
  if (realm === undefined || nonce === undefined || variant === undefined) return undefined;
  if (qop !== undefined && !offersAuth(qop)) return undefined;
  return {
    realm,
    nonce,
    algorithm: params.get("algorithm"),
    variant,
    hasQop: qop !== undefined,
    isStale: params.get("stale")?.toLowerCase() === "true",
    opaque: params.get("opaque"),
  };
}

function offersAuth(qop: string): boolean {
  return qop.split(",").some((option) => option.trim().toLowerCase() === "auth");
}
