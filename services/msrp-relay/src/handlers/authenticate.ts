import { type Bus, BusError, sipCore } from "@heliograph/contracts";
import { type AuthTerms, decideExpiry, isAuthFailure, realmFor } from "../domain/auth-terms.js";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Bus;
  readonly terms: AuthTerms;
  /** The domain whose users the relay serves, where the operator says so. */
  readonly realm: string | undefined;
  readonly events: Pick<Events, "authenticated" | "broken">;
}

/** What an AUTH says. */
export interface AuthAsked {
  /** The only URI of To-Path, which the digest is computed with. */
  readonly relayUri: string;
  /** Authorization values. */
  readonly credentials: readonly string[];
  readonly expires: string | undefined;
}

/** What becomes of it. */
export type AuthOutcome =
  | { readonly kind: "challenged"; readonly challenges: readonly string[]; readonly isFailure: boolean }
  | { readonly kind: "refused"; readonly status: number; readonly reason?: string }
  | {
      readonly kind: "out of bounds";
      readonly field: "Min-Expires" | "Max-Expires";
      readonly seconds: number;
    }
  | {
      readonly kind: "authenticated";
      readonly aor: string;
      readonly expiresS: number;
      /** Authentication-Info. */
      readonly info: string | undefined;
    };

/**
 * Decides about an AUTH that is for this relay: sip-core knows the passwords, and who is barred. A core that does not
 * answer is a time-out to the client, as MSRP has no word for an outage.
 *
 * Comes from a connection (`relaying/auth-admission.ts`).
 *
 * @spec rfc4976#6.3
 * @spec MS-20
 * @spec MS-23
 * @spec R-msrp-relay-4
 */
export function authenticate({ bus, terms, realm, events }: Deps) {
  return async (asked: AuthAsked): Promise<AuthOutcome> => {
    const outcome = await decide(asked).catch((cause: unknown): AuthOutcome => {
      if (!(cause instanceof BusError)) throw cause;
      events.broken("nobody could say who authenticates to the relay", cause);
      return { kind: "refused", status: 408 };
    });
    events.authenticated(outcome.kind);
    return outcome;
  };

  async function decide({ relayUri, credentials, expires }: AuthAsked): Promise<AuthOutcome> {
    const domain = realmFor({ credentials, configured: realm, relayUri, domains: await domains() });
    if (domain === undefined) return { kind: "refused", status: 403 };
    const request = { method: "AUTH", domain, credentials: [...credentials], digestUri: relayUri };
    const reply = await bus.request(sipCore.authenticate, {}, request);
    if (reply.kind === "challenge") {
      const isFailure = isAuthFailure(credentials.length > 0, reply.challenges);
      return { kind: "challenged", challenges: reply.challenges, isFailure };
    }
    if (reply.kind === "refused")
      return { kind: "refused", status: reply.status === 400 ? 400 : 403, reason: reply.reason };
    const expiry = decideExpiry(expires, terms);
    if (expiry.kind === "malformed")
      return { kind: "refused", status: 400, reason: "Expires is a number of seconds" };
    if (expiry.kind === "out of bounds") return expiry;
    const { identity, authenticationInfo: info } = reply;
    return { kind: "authenticated", aor: identity.aor, expiresS: expiry.expiresS, info };
  }

  async function domains(): Promise<readonly string[]> {
    if (realm !== undefined) return [];
    const { domains: served } = await bus.request(sipCore.listDomains, {}, {});
    return served.map(({ name }) => name);
  }
}
