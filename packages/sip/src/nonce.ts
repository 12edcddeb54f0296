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

/** One attempt to send a request: `name` is the same for all attempts, and holds neither dot nor quote. */
export interface Attempt {
  readonly name: string;
  readonly cseq: number;
}

/** An attempt that is challenged, and the CSeq of the first attempt, which may be the same. */
export interface ChallengedAttempt extends Attempt {
  readonly firstCseq: number;
}

/** What goes into a nonce. */
export interface NonceParts extends NonceKey {
  readonly salt: string;
  readonly challenged?: ChallengedAttempt | undefined;
}

/**
 * Makes a nonce that nobody has to remember: the time, a few random characters, the attempt that it challenges, and an
 * HMAC over all of it and the realm. Every process that has the secret knows it again.
 *
 * @spec rfc7616#3.3
 * @spec GEN-31
 */
export function issueNonce({ hmac, realm, nowMs, salt, challenged }: NonceParts): string {
  const about = challenged
    ? `.${challenged.firstCseq.toString(36)}.${challenged.cseq.toString(36)}.${challenged.name}`
    : "";
  const stem = `${nowMs.toString(36)}.${salt}${about}`;
  return `${stem}.${hmac(`${stem}\n${realm}`)}`;
}

/**
 * The CSeq of the first attempt at a request, where this attempt is the retry that a nonce of ours asked for: the same
 * request with the next CSeq. Says nothing of a nonce that is forged.
 *
 * @spec rfc3261#22.2 @spec R-sip-edge-11
 */
export function firstCseqOf(nonce: string, { name, cseq }: Attempt): number | undefined {
  const [, , first = "", challenged = "", about] = nonce.split(".");
  if (about !== name || Number.parseInt(challenged, 36) + 1 !== cseq) return undefined;
  return Number.parseInt(first, 36);
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
