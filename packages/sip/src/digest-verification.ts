import { type Digester, digestOf, parseAlgorithm, type Protection } from "./digest.js";
import { equalInConstantTime } from "./equal-in-constant-time.js";

/**
 * Whether credentials prove the password behind `ha1`. They are computed with the URI that they name. That their nonce,
 * nonce count and realm are right is for the caller to check, and whether to take credentials without qop, which no
 * nonce count protects from replay.
 *
 * @spec rfc7616#3.4
 * @spec rfc8760#2.6
 * @spec GEN-31
 * @spec GEN-32
 */
export function verifyDigest(parts: {
  /** The parameters of the credentials, names in lower case, values without their quotes. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly method: string;
  readonly ha1: string;
  readonly digester: Digester;
  /** H(entity-body), for `auth-int`; that of no body when it is left out. */
  readonly bodyHash?: string;
}): boolean {
  const { credentials, method, ha1, digester } = parts;
  const [nonce, uri, response] = [
    credentials.get("nonce"),
    credentials.get("uri"),
    credentials.get("response"),
  ];
  const variant = parseAlgorithm(credentials.get("algorithm"));
  const protection = protectionIn(credentials, parts.bodyHash);
  if (nonce === undefined || uri === undefined || response === undefined) return false;
  if (variant === undefined || protection === "improper") return false;
  if (variant.isSession && protection === undefined) return false;
  const expected = digestOf({ ha1, variant, nonce, method, uri, protection, digester });
  return equalInConstantTime(response.toLowerCase(), expected);
}

/**
 * The user name in credentials, `username` or `username*`. Undefined when it is missing, given twice, hashed (which we
 * do not offer), or not UTF-8.
 *
 * @spec rfc7616#3.4
 */
export function usernameOf(credentials: ReadonlyMap<string, string>): string | undefined {
  const [plain, extended] = [credentials.get("username"), credentials.get("username*")];
  if (credentials.get("userhash")?.toLowerCase() === "true") return undefined;
  if (extended === undefined) return plain;
  if (plain !== undefined) return undefined;
  return decodeExtended(extended);
}

/** `UTF-8''J%C3%A4s`. @spec rfc7616#3.4 */
function decodeExtended(text: string): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Undefined is RFC 2069. */
function protectionIn(
  credentials: ReadonlyMap<string, string>,
  bodyHash: string | undefined,
): Protection | "improper" | undefined {
  const qop = credentials.get("qop")?.toLowerCase();
  if (qop === undefined) return undefined;
  const [nc = "", cnonce] = [credentials.get("nc"), credentials.get("cnonce")];
  if (cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc)) return "improper";
  if (qop !== "auth" && qop !== "auth-int") return "improper";
  return { qop, nc, cnonce, ...(bodyHash === undefined ? {} : { bodyHash }) };
}
