import type { HeaderField } from "@heliograph/contracts";
import { headerKeyOf } from "@heliograph/sip";
import type { ServedDomains } from "./served-domains.js";

/** What a new charging vector says. */
export interface ChargingFacts {
  /** Unique in the world. */
  readonly id: string;
  /** The host that made it up. */
  readonly host: string;
  /** The sender's network. */
  readonly network: string;
}

/** A charging vector for a request that came without a trusted one. @spec GEN-16 @spec SC-09 @spec rfc7315#4.6 */
export function chargingVector({ id, host, network }: ChargingFacts): HeaderField {
  return ["P-Charging-Vector", `icid-value=${id};icid-generated-at=${host};orig-ioi=${network}`];
}

/** The vector of a request as its answer carries it to a trusted core, with the network that answers. @spec GEN-16 */
export function answeredVector(
  { headers, recipient }: { readonly headers: readonly HeaderField[]; readonly recipient: string },
  domains: ServedDomains,
): readonly HeaderField[] {
  const vector = headers.find(([name]) => headerKeyOf(name) === "p-charging-vector")?.[1];
  const network = domains.partyOfAor(recipient).domain ?? domains.first;
  if (vector === undefined || network === undefined) return [];
  return [["P-Charging-Vector", /;\s*term-ioi\s*=/i.test(vector) ? vector : `${vector};term-ioi=${network}`]];
}
