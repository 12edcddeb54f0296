import { parseMsrpUri } from "@heliograph/msrp";
import { parseCredentials } from "@heliograph/sip";

/** For how long the relay makes itself known to be a client's, seconds. */
export interface AuthTerms {
  readonly minExpiresS: number;
  readonly maxExpiresS: number;
  /** For who asks for nothing. */
  readonly expiresS: number;
}

/** What becomes of a wish. */
export type ExpiryDecision =
  | { readonly kind: "granted"; readonly expiresS: number }
  | {
      readonly kind: "out of bounds";
      readonly field: "Min-Expires" | "Max-Expires";
      readonly seconds: number;
    }
  | { readonly kind: "malformed" };

/** How long a grant lasts, by the Expires field of the AUTH. @spec rfc4976#6.3 @spec MS-20 */
export function decideExpiry(asked: string | undefined, terms: AuthTerms): ExpiryDecision {
  if (asked === undefined) return { kind: "granted", expiresS: terms.expiresS };
  if (!/^\d{1,15}$/.test(asked)) return { kind: "malformed" };
  const expiresS = Number(asked);
  const { minExpiresS, maxExpiresS } = terms;
  if (expiresS < minExpiresS) return { kind: "out of bounds", field: "Min-Expires", seconds: minExpiresS };
  if (expiresS > maxExpiresS) return { kind: "out of bounds", field: "Max-Expires", seconds: maxExpiresS };
  return { kind: "granted", expiresS };
}

/**
 * Whose realm a client is asked for: that of its credentials, else the one that the operator named, else the domain
 * that the client calls itself by in the relay's URI (`alice%40a.example@relay`), else the one that the relay's name is
 * in, else the first that is served.
 *
 * @spec rfc4976#5.1
 * @spec R-msrp-relay-3
 */
export function realmFor(parts: {
  readonly credentials: readonly string[];
  readonly configured: string | undefined;
  readonly relayUri: string;
  readonly domains: readonly string[];
}): string | undefined {
  const named = parts.credentials.map(realmIn).find((realm) => realm !== undefined);
  if (named !== undefined) return named;
  if (parts.configured !== undefined) return parts.configured;
  const uri = parseMsrpUri(parts.relayUri);
  const { host, userinfo = "" } = uri.ok ? uri.value : { host: "" };
  const [, called] = /%40([^:]*)/.exec(userinfo) ?? [];
  const own = (domain: string) => host === domain || host.endsWith(`.${domain}`);
  const { domains } = parts;
  return domains.find((domain) => domain === called?.toLowerCase()) ?? domains.find(own) ?? domains[0];
}

function realmIn(text: string): string | undefined {
  const credentials = parseCredentials(text);
  return credentials.ok ? credentials.value.params.get("realm") : undefined;
}

/** Whether a 401 says that the credentials were wrong, and not just the nonce old. @spec rfc4976#6.3 @spec MS-23 */
export function isAuthFailure(hadCredentials: boolean, challenges: readonly string[]): boolean {
  return hadCredentials && !challenges.some((challenge) => /[\s,]stale="?true/i.test(challenge));
}
