import { parseUri } from "@heliograph/sip";
import { err, ok, type Result } from "@heliograph/kernel";
import { AddressSet } from "./address-set.js";

/** Another network: where its domain is reached, from where it speaks, and whether it is inside the trust domain. @spec SC-08 */
export interface Neighbour {
  readonly domain: string;
  readonly route: string;
  /** From where its requests come; empty when only its own DNS could tell. */
  readonly addresses: AddressSet;
  readonly isTrusted: boolean;
}

/** The neighbouring networks that the operator has configured. @spec SC-08 */
export class Neighbours {
  readonly #byDomain: ReadonlyMap<string, Neighbour>;

  constructor(readonly all: readonly Neighbour[]) {
    this.#byDomain = new Map(all.map((neighbour) => [neighbour.domain, neighbour]));
  }

  /** The neighbour that serves a domain. */
  serving(domain: string): Neighbour | undefined {
    return this.#byDomain.get(domain);
  }

  /** The neighbours that send from an address. */
  at(address: string, port: number): readonly Neighbour[] {
    if (this.all.length === 0) return this.all;
    return this.all.filter(({ addresses }) => addresses.has(address, port));
  }
}

/** Reads `domain=route-uri[;address=cidr…][;trusted]`; other parameters belong to the URI. */
export function parseNeighbour(
  text: string,
): Result<Neighbour, { readonly rule: string; readonly offset: number }> {
  const equals = text.indexOf("=");
  const domain = text.slice(0, Math.max(equals, 0)).trim().toLowerCase();
  if (domain === "") return err({ rule: "domain=route", offset: 0 });
  const [uri = "", ...params] = text
    .slice(equals + 1)
    .split(";")
    .map((part) => part.trim());
  const [ours, theirs] = [params.filter(isOurs), params.filter((param) => !isOurs(param))];
  const route = [uri, ...theirs].join(";");
  const parsed = parseUri(route);
  if (!parsed.ok || (parsed.value.scheme !== "sip" && parsed.value.scheme !== "sips")) {
    return err({ rule: "route is a SIP URI", offset: equals + 1 });
  }
  const named = ours
    .filter((param) => param.startsWith("address="))
    .map((param) => param.slice("address=".length));
  const addresses = addressesOf(named, parsed.value.host);
  if (!addresses.ok) return addresses;
  return ok({ domain, route, addresses: addresses.value, isTrusted: ours.includes("trusted") });
}

/** Named addresses; without any, the one that the route is, when it is one. */
function addressesOf(named: readonly string[], host: string): ReturnType<typeof AddressSet.parse> {
  if (named.length > 0) return AddressSet.parse(named);
  const literal = AddressSet.parse([host]);
  return literal.ok ? literal : ok(AddressSet.empty);
}

const isOurs = (param: string): boolean => param === "trusted" || param.startsWith("address=");
