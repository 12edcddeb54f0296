import type { sipCore } from "@heliograph/contracts";
import type { DigestAlgorithm } from "@heliograph/sip";

/** Where the name that a client types comes from: `alice`, or `alice@example.com`. */
export const usernameForms = ["user", "address"] as const;

export type UsernameForm = (typeof usernameForms)[number];

/** What proves who a subscriber is: H(username:realm:password), never the password. @spec rfc7616#3.4.2 @spec D-sip-core-2 */
export interface Credential {
  readonly algorithm: DigestAlgorithm;
  readonly form: UsernameForm;
  readonly ha1: string;
}

/** A user of one of our domains. */
export interface Subscriber {
  readonly profile: sipCore.Profile;
  /** By algorithm and form of the username; joined, because a hundred thousand of them are kept. */
  readonly credentials: string;
}

/** One line a credential. */
export function formatCredentials(credentials: readonly Credential[]): string {
  return credentials.map(({ algorithm, form, ha1 }) => `${algorithm} ${form} ${ha1}\n`).join("");
}

/** H(username:realm:password) of a subscriber, where there is one. */
export function ha1Of(
  subscriber: Subscriber,
  algorithm: DigestAlgorithm,
  form: UsernameForm,
): string | undefined {
  const start = `${algorithm} ${form} `;
  const { credentials } = subscriber;
  const at = credentials.startsWith(start) ? 0 : credentials.indexOf(`\n${start}`) + 1;
  if (at === 0 && !credentials.startsWith(start)) return undefined;
  return credentials.slice(at + start.length, credentials.indexOf("\n", at));
}
