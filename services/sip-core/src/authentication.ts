import type { Clock } from "@heliograph/kernel";
import type { NonceCounts } from "@heliograph/state";
import { type Attempt, type DigestAlgorithm, firstCseqOf, parseCredentials } from "@heliograph/sip";
import { type DigestAnswer, readDigestAnswer } from "./domain/digest-answer.js";
import { type DigestPolicy, offeredTo } from "./domain/offered-algorithms.js";
import { type Refusal, refuse } from "./domain/refusal.js";
import { ha1Of, type Subscriber } from "./domain/subscriber.js";
import type { Digests, Nonces, Subscribers } from "./ports.js";

/** Who sent a request. */
export type Authentication =
  | {
      readonly kind: "authenticated";
      readonly subscriber: Subscriber;
      /** Set on the retry that a challenge of ours asked for: the CSeq of the first attempt. */
      readonly firstCseq: number | undefined;
      /** That we know the password too; only where the claim names a digest URI. */
      readonly info: string | undefined;
    }
  | { readonly kind: "challenge"; readonly challenges: string[] }
  | Refusal;

/** With what credentials are checked. */
export interface AuthenticationDeps {
  readonly subscribers: Subscribers;
  readonly nonceCounts: NonceCounts;
  readonly nonces: Nonces;
  readonly digests: Digests;
  readonly digest: DigestPolicy;
  readonly clock: Pick<Clock, "nowMs">;
}

/** What a request says about its sender. */
export interface Claim {
  readonly method: string;
  /** The name of the domain, which is its realm. */
  readonly realm: string;
  /** Authorization or Proxy-Authorization values. */
  readonly credentials: readonly string[];
  readonly userAgent?: string | undefined;
  /** What tells a retry from another request; only where somebody cares. */
  readonly attempt?: Attempt | undefined;
  /** What the digest is computed with, in place of the URI that credentials name. @spec MS-23 */
  readonly digestUri?: string | undefined;
}

/**
 * Digest authentication. A user who does not exist is answered like a wrong password, after the same work.
 *
 * @spec GEN-31 @spec GEN-32 @spec GEN-33 @spec SC-02 @spec rfc7616#3.4 @spec rfc8760#2.4
 */
export function authentication({ subscribers, nonceCounts, nonces, digests, digest }: AuthenticationDeps) {
  const nobody = new Map(
    digest.algorithms.map((algorithm) => [algorithm, digests.ha1("", "", nonces.issue(""), algorithm)]),
  );

  return async (claim: Claim): Promise<Authentication> => {
    const { method, realm, attempt, digestUri } = claim;
    const challenge = (isStale: boolean, first?: number) => challengeTo(claim, isStale, first);
    const answer = answerFor(claim);
    if (answer === undefined) return challenge(false);
    if (answer.kind === "malformed") return refuse(400, answer.reason);
    const age = nonces.check(answer.nonce, realm);
    if (age === "forged") return challenge(false);
    const firstCseq = attempt && firstCseqOf(answer.nonce, attempt);
    const subscriber = answer.aor === undefined ? undefined : await subscribers.of(answer.aor);
    const ha1 = provenBy(method, answer, subscriber);
    if (ha1 === undefined || !subscriber) return challenge(false, firstCseq);
    if (age === "stale") return challenge(true, firstCseq);
    // A used count, too, can be cured by a new nonce: R-sip-core-4.
    if (!(await nonceCounts.accept(answer.nonce, answer.nc, nonces.lifeMs)))
      return challenge(true, firstCseq);
    if (subscriber.profile.isBarred) return refuse(403, "This user is barred");
    const info = digestUri === undefined ? undefined : digests.info(answer.params, ha1);
    return { kind: "authenticated", subscriber, firstCseq, info };
  };

  /** Credentials for other realms are not ours to read. @spec GEN-33 */
  function answerFor({ realm, credentials, digestUri }: Claim) {
    for (const value of credentials) {
      const parsed = parseCredentials(value);
      if (!parsed.ok || parsed.value.scheme.toLowerCase() !== "digest") continue;
      const { params } = parsed.value;
      if (params.get("realm") !== realm) continue;
      return readDigestAnswer(digestUri === undefined ? params : new Map(params).set("uri", digestUri));
    }
    return undefined;
  }

  /** The hash that credentials prove; undefined: they prove nothing. Takes as long whatever it finds. */
  function provenBy(method: string, answer: DigestAnswer, subscriber: Subscriber | undefined) {
    if (!digest.algorithms.includes(answer.algorithm)) return undefined;
    const known = subscriber && ha1Of(subscriber, answer.algorithm, answer.form);
    const ha1 = known ?? nobody.get(answer.algorithm) ?? "";
    return digests.proves(answer.params, method, ha1) ? known : undefined;
  }

  function challengeTo(
    { userAgent, realm, attempt }: Claim,
    isStale: boolean,
    firstCseq = attempt?.cseq ?? 0,
  ): Authentication {
    const nonce = nonces.issue(realm, attempt && { ...attempt, firstCseq });
    const each = (algorithm: DigestAlgorithm) => digests.challenge(realm, nonce, algorithm, isStale);
    return { kind: "challenge", challenges: offeredTo(userAgent, digest).map(each) };
  }
}
