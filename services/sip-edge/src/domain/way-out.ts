import { aorOf, domainOf } from "@heliograph/sip";
import type { Admission } from "./establish-identity.js";

/** How a request leaves for another network. */
export type WayOut =
  /** Where its Route or its Request-URI leads. */
  | { readonly kind: "own" }
  /** To the route that is configured for the domain. */
  | { readonly kind: "neighbour"; readonly uri: string; readonly isTrusted: boolean }
  /** By the DNS of the domain: nobody there is trusted. */
  | { readonly kind: "dns" }
  | { readonly kind: "forbidden" };

/**
 * The way to another network: a route that a trusted core asked for goes first, then the one that is configured for
 * the domain, then DNS, where the operator lets requests go anywhere.
 *
 * @spec SC-06 @spec SC-08 @spec SC-11 @spec GEN-05 @spec R-sip-edge-5
 */
export function wayOut(
  requestUri: string,
  route: readonly string[],
  { federation, neighbours }: Pick<Admission, "federation" | "neighbours">,
): WayOut {
  if (route.length > 0) return { kind: "own" };
  const aor = aorOf(requestUri);
  const neighbour = aor.ok ? neighbours.serving(domainOf(aor.value)) : undefined;
  if (neighbour) return { kind: "neighbour", uri: neighbour.route, isTrusted: neighbour.isTrusted };
  return federation === "neighbours" ? { kind: "forbidden" } : { kind: "dns" };
}
