import { type Digester, digestOf, parseAlgorithm } from "./digest.js";
import { quoteString } from "./quoted-string.js";

/**
 * The value of an Authentication-Info field: that the server knows the password too. Undefined for credentials without
 * qop, which leave nothing to prove it with.
 *
 * @spec rfc7616#3.5
 */
export function authenticationInfoOf(parts: {
  /** The parameters of the credentials that were verified, names in lower case, values without their quotes. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly uri: string;
  readonly ha1: string;
  readonly digester: Digester;
  readonly nextNonce?: string;
}): string | undefined {
  const { credentials, uri, ha1, digester, nextNonce } = parts;
  const [nonce, cnonce, nc] = [credentials.get("nonce"), credentials.get("cnonce"), credentials.get("nc")];
  const variant = parseAlgorithm(credentials.get("algorithm"));
  if (nonce === undefined || cnonce === undefined || nc === undefined || !variant) return undefined;
  const protection = { qop: "auth", nc, cnonce } as const;
  const rspauth = digestOf({ ha1, variant, nonce, method: "", uri, protection, digester });
  const next = nextNonce === undefined ? "" : `nextnonce=${quoteString(nextNonce)}, `;
  return `${next}qop=auth, rspauth="${rspauth}", cnonce=${quoteString(cnonce)}, nc=${nc}`;
}
