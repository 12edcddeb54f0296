import type { Flow } from "@heliograph/sip";
import type { AddressSet } from "./address-set.js";
import type { Neighbour, Neighbours } from "./neighbours.js";

/** Whose address a request came from. @spec GEN-06 @spec SC-08 */
export type Source =
  | { readonly kind: "core" }
  | { readonly kind: "neighbours"; readonly neighbours: readonly Neighbour[] }
  | { readonly kind: "unknown" };

const core: Source = { kind: "core" };
const unknown: Source = { kind: "unknown" };

/** Sorts a source address. A trusted core goes first: it may speak for the neighbours behind it. */
export function sourceOf(flow: Flow, trustedCores: AddressSet, neighbours: Neighbours): Source {
  if (trustedCores.has(flow.remoteAddress, flow.remotePort)) return core;
  const found = neighbours.at(flow.remoteAddress, flow.remotePort);
  return found.length > 0 ? { kind: "neighbours", neighbours: found } : unknown;
}
