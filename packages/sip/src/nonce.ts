import { equalInConstantTime } from "./equal-in-constant-time.js";

/** What makes a nonce ours. */
export interface NonceKey {
  /** A keyed hash (HMAC with a secret of the server) of a text, in characters other than a dot. */
  readonly hmac: (text: string) => string;
  /** A nonce for one realm is no nonce for another. */
  readonly realm: string;
  readonly nowMs: number;
}

/** What a nonce is worth. Only a correct digest on a `stale` one earns a challenge with `stale=true`. @spec GEN-31 */
export type NonceAge = "fresh" | "stale" | "forged";

/**
 * Makes a nonce that nobody has to remember: the time, a few random characters, and an HMAC over both and the realm.
 * Every process that has the secret knows it again.
 *
 * @spec rfc7616#3.3
 * @spec GEN-31
 */
export function issueNonce({ hmac, realm, nowMs, salt }: NonceKey & { readonly salt: string }): string {
  const stem = `${nowMs.toString(36)}.${salt}`;
  return `${stem}.${hmac(`${stem}\n${realm}`)}`;
}

/** Tells whether a nonce was issued here, for the realm, and lately. @spec rfc7616#3.3 @spec GEN-31 */
export function checkNonce(nonce: string, key: NonceKey & { readonly lifeMs: number }): NonceAge {
  const dot = nonce.lastIndexOf(".");
  if (dot < 0) return "forged";
  const stem = nonce.slice(0, dot);
  if (!equalInConstantTime(nonce.slice(dot + 1), key.hmac(`${stem}\n${key.realm}`))) return "forged";
  const ageMs = key.nowMs - Number.parseInt(stem, 36);
  return ageMs <= key.lifeMs ? "fresh" : "stale";
}
