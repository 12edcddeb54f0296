import type { sipCore } from "@heliograph/contracts";
import type { ServedDomains } from "./served-domains.js";

/** A user whom credentials or a registration have proved, with every address of record that is the user's. */
export interface ProvedUser {
  /** The account's own address of record. */
  readonly aor: string;
  /** URI by address of record; the first is the default. */
  readonly uris: ReadonlyMap<string, string>;
}

/** Reads the addresses of an identity once, so that a message is compared with keys. @spec GEN-06 @spec GEN-07 */
export function toProvedUser(identity: sipCore.Identity, domains: ServedDomains): ProvedUser {
  const uris = new Map<string, string>();
  for (const text of [...identity.uris, identity.aor]) {
    const named = domains.read(text);
    const party = named.ok ? named.value.party : undefined;
    if (party && !uris.has(party.aor)) uris.set(party.aor, text);
  }
  return { aor: identity.aor, uris };
}
