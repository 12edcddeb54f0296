import type { SipRequest } from "@heliograph/sip";
import type { Address } from "./address-request.js";
import type { ProvedUser } from "./proved-user.js";
import type { NamedParty, Party, ServedDomains } from "./served-domains.js";
import type { Source } from "./source.js";

/** What a request says about who sends it, and what speaks for that. */
export interface Claim {
  readonly source: Source;
  readonly from: Party;
  /** From is the anonymous URI: it names nobody. @spec GEN-08 */
  readonly isAnonymous: boolean;
  /** Undefined when the request is for the server itself. */
  readonly recipient: Party | undefined;
  readonly isOpaque: boolean;
  readonly marksOriginating: boolean;
  /** P-Asserted-Identity: at most one sip(s) and one tel, in that order. Read only where the source may assert. @spec GEN-07 */
  readonly asserted: readonly AssertedIdentity[];
  /** P-Served-User of a trusted core. @spec PF-02 */
  readonly served: { readonly party: Party; readonly session: "orig" | "term" } | undefined;
  /** P-Called-Party-ID of a trusted core: whom the request was for before a contact took the place. @spec PF-02 */
  readonly called: Party | undefined;
  /** Addresses of record that P-Preferred-Identity names: a hint. */
  readonly preferred: readonly string[];
  readonly hasCredentials: boolean;
  /** Users whose registration on the same connection vouches for them. */
  readonly vouched: readonly ProvedUser[];
  /** The user whose credentials were checked. */
  readonly proved: ProvedUser | undefined;
}

/** One value of P-Asserted-Identity. */
interface AssertedIdentity {
  readonly scheme: "sip" | "tel";
  readonly party: Party;
  /** As it was written. */
  readonly value: string;
}

/** Where a claim's parts come from. */
export interface ClaimSources {
  readonly source: Source;
  readonly address: Address;
  readonly domains: ServedDomains;
  readonly vouched: readonly ProvedUser[];
}

/** Reads the claim of a request; undefined when From names nothing that could be an address. @spec GEN-06 */
export function readClaim(
  request: SipRequest,
  { source, address, domains, vouched }: ClaimSources,
): Claim | undefined {
  const named = domains.read(request.from.uri);
  const from = named.ok ? named.value.party : undefined;
  if (!from) return undefined;
  const isCore = source.kind === "core";
  const mayAssert =
    isCore || (source.kind === "neighbours" && source.neighbours.some(({ isTrusted }) => isTrusted));
  return {
    source,
    from,
    isAnonymous: from.aor.endsWith("@anonymous.invalid"),
    recipient: address.recipient,
    isOpaque: address.isOpaque,
    marksOriginating: isCore && address.marksOriginating,
    asserted: mayAssert ? readAsserted(request, domains) : [],
    served: isCore ? readServed(request, domains) : undefined,
    called: isCore ? readParties(request, "p-called-party-id", domains)[0]?.party : undefined,
    preferred: readParties(request, "p-preferred-identity", domains).map(({ party }) => party.aor),
    hasCredentials: request.headers.has("Proxy-Authorization") || request.headers.has("Authorization"),
    vouched,
    proved: undefined,
  };
}

/** The first sip(s) value and the first tel value; the surplus and other schemes are ignored. @spec GEN-07 @spec rfc3325#9.1 */
function readAsserted(request: SipRequest, domains: ServedDomains): readonly AssertedIdentity[] {
  const found = readParties(request, "p-asserted-identity", domains);
  const sip = found.find(({ scheme }) => scheme === "sip" || scheme === "sips");
  const tel = found.find(({ scheme }) => scheme === "tel");
  const identities: AssertedIdentity[] = [];
  if (sip) identities.push({ scheme: "sip", party: sip.party, value: sip.value });
  if (tel) identities.push({ scheme: "tel", party: tel.party, value: tel.value });
  return identities;
}

function readServed(request: SipRequest, domains: ServedDomains): Claim["served"] {
  const [served] = readParties(request, "p-served-user", domains);
  const session = served?.name.params.get("sescase")?.toLowerCase();
  return served && (session === "orig" || session === "term") ? { party: served.party, session } : undefined;
}

const none: readonly NamedParty[] = [];

function readParties(request: SipRequest, header: string, domains: ServedDomains): readonly NamedParty[] {
  if (!request.headers.has(header)) return none;
  const found: NamedParty[] = [];
  for (const value of request.headers.values(header)) {
    const party = domains.readParty(value);
    if (party) found.push(party);
  }
  return found;
}
