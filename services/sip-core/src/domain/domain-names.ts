import type { sipCore } from "@heliograph/contracts";
import { aorOf, domainOf, parseUri } from "@heliograph/sip";

/** The domains that we serve: aliases lead to the name that stands in addresses of record and realms. */
export class DomainNames {
  readonly #canonical = new Map<string, string>();

  constructor(domains: readonly sipCore.Domain[]) {
    for (const { name, aliases } of domains) {
      this.#canonical.set(name, name);
      for (const alias of aliases) this.#canonical.set(alias, name);
    }
  }

  /** The name of the domain of ours that `host` means, or undefined. */
  canonicalOf(host: string): string | undefined {
    return this.#canonical.get(host);
  }

  /** The address of record that `uri` means here, or undefined where its domain is not ours. @spec GEN-21 @spec R-sip-core-1 */
  localAorOf(uri: string): LocalAddress | undefined {
    const aor = aorOf(uri);
    if (!aor.ok || !aor.value.startsWith("sip:")) return undefined;
    const domain = this.canonicalOf(domainOf(aor.value));
    if (domain === undefined) return undefined;
    const at = aor.value.indexOf("@");
    const user = at < 0 ? "" : aor.value.slice("sip:".length, at);
    return { user, domain, aor: user === "" ? `sip:${domain}` : `sip:${user}@${domain}` };
  }
}

/** An address of one of our domains, aliases and ports gone. */
export interface LocalAddress {
  readonly user: string;
  readonly domain: string;
  readonly aor: string;
}

/** The spelling of a domain name that is kept, or undefined when it is none. */
export function canonicalDomainName(name: string): string | undefined {
  const uri = parseUri(`sip:user@${name}`);
  if (!uri.ok || uri.value.scheme !== "sip" || uri.value.user !== "user") return undefined;
  const { host, isIpv6, port, params, headers } = uri.value;
  if (port !== undefined || params.toString() !== "" || headers !== "") return undefined;
  return isIpv6 ? `[${host}]` : host;
}
