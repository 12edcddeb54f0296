import type { sipCore } from "@heliograph/contracts";
import type { ChallengedAttempt, DigestAlgorithm } from "@heliograph/sip";
import type { DomainNames } from "./domain/domain-names.js";
import type { Credential, Subscriber } from "./domain/subscriber.js";

/** Users, by canonical address of record. Kept by `adapters/postgres-subscribers.ts`. */
export interface Subscribers {
  /** The subscriber; undefined when there is none of that name. */
  of(aor: string): Promise<Subscriber | undefined>;
}

/** The administrator's side of the users. */
export interface SubscriberDirectory {
  add(subscriber: NewSubscriber): Promise<"added" | "exists" | "no such domain">;
  /** False: there is no such user. */
  change(aor: string, settings: SubscriberSettings): Promise<boolean>;
  remove(aor: string): Promise<boolean>;
  /** By name, `limit` of those after `after`. */
  page(query: {
    readonly domain?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly Listed[]>;
  count(): Promise<number>;
}

/** A user who does not exist yet. */
export interface NewSubscriber {
  readonly aor: string;
  readonly domain: string;
  readonly display: string | undefined;
  readonly credentials: readonly Credential[];
}

/** What may be changed of a user; what is absent stays as it is. */
export interface SubscriberSettings {
  readonly autoAcceptsSessions?: boolean | undefined;
}

/** A user as a list shows it. */
export interface Listed {
  readonly aor: string;
  readonly display: string | undefined;
  readonly isBarred: boolean;
  readonly autoAcceptsSessions: boolean;
}

/** The domains that are served. Kept by `adapters/postgres-domains.ts`. */
export interface Domains {
  /** As they are now, give or take a moment. */
  names(): Promise<DomainNames>;
  list(): Promise<readonly sipCore.Domain[]>;
  add(domain: sipCore.Domain): Promise<"added" | "exists">;
  remove(name: string): Promise<"removed" | "not found" | "has subscribers">;
}

/** Forgets what it remembers of subscribers and domains; of everybody when nobody is named. */
export interface Forgetful {
  forget(aor: string | undefined): void;
}

/** Stateless nonces. @spec rfc7616#3.3 */
export interface Nonces {
  /** `challenged`: the attempt that the nonce is for, so that its retry is known. */
  issue(realm: string, challenged?: ChallengedAttempt): string;
  check(nonce: string, realm: string): "fresh" | "stale" | "forged";
  /** How long a nonce may be used, at most. */
  readonly lifeMs: number;
}

/** The hashes of digest authentication. */
export interface Digests {
  ha1(username: string, realm: string, password: string, algorithm: DigestAlgorithm): string;
  /** Whether the response proves knowledge of `ha1`; takes as long whatever it finds. */
  proves(credentials: ReadonlyMap<string, string>, method: string, ha1: string): boolean;
  /** The Authentication-Info that answers credentials which were proved. @spec rfc7616#3.5 */
  info(credentials: ReadonlyMap<string, string>, ha1: string): string | undefined;
  challenge(realm: string, nonce: string, algorithm: DigestAlgorithm, isStale: boolean): string;
}
