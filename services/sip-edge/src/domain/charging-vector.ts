import type { HeaderField } from "@heliograph/contracts";

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

/** The vector of a request as its answer carries it, with the network that answers. @spec GEN-16 */
export function answeredVector(vector: string, network: string): HeaderField {
  return ["P-Charging-Vector", /;\s*term-ioi\s*=/i.test(vector) ? vector : `${vector};term-ioi=${network}`];
}
