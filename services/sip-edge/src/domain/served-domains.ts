import type { sipCore } from "@heliograph/contracts";
import { aorOf, domainOf, noParams, type SipUri, type Uri } from "@heliograph/sip";

/** An address of record, and under which of our domains it is, if any. */
export interface Party {
  readonly aor: string;
  /** The domain by the name that it has here; undefined when it is somebody else's, or a telephone number. */
  readonly domain: string | undefined;
}

/** The domains that we serve, each by every name it has. @spec GEN-05 @spec GEN-07 */
export class ServedDomains {
  readonly #names = new Map<string, string>();
  /** The domain whose realm protects what names no domain of ours. */
  readonly first: string | undefined;

  constructor(
    domains: readonly sipCore.Domain[],
    private readonly isOwnPort: (port: number) => boolean = () => false,
  ) {
    this.first = domains[0]?.name;
    for (const { name, aliases } of domains) {
      for (const alias of [name, ...aliases]) this.#names.set(alias.toLowerCase(), name);
    }
  }

  /** The name under which we keep the domain; undefined when it is not ours. An IPv6 address has its brackets. */
  nameOf(host: string): string | undefined {
    return this.#names.get(host);
  }

  /** Whose address this is; undefined for a URI that is nobody's. */
  partyOf(uri: Uri): Party | undefined {
    const aor = aorOf(this.resolve(uri));
    return aor.ok ? this.partyOfAor(aor.value) : undefined;
  }

  /** The same for text that is an address of record already. */
  partyOfAor(aor: string): Party {
    const host = domainOf(aor);
    const domain = host === "" || !aor.endsWith(host) ? undefined : this.#names.get(host);
    return {
      aor: domain === undefined || domain === host ? aor : aor.slice(0, -host.length) + domain,
      domain,
    };
  }

  /** An alias becomes the domain, a port of ours is dropped, im: and pres: become sip:. @spec R-sip-edge-2 */
  resolve(uri: Uri): Uri {
    switch (uri.scheme) {
      case "sip":
      case "sips":
        return this.#resolveSip(uri);
      case "im":
      case "pres":
        return { ...bareSip, user: uri.user, host: this.#names.get(uri.host) ?? uri.host };
      default:
        return uri;
    }
  }

  #resolveSip(uri: SipUri): SipUri {
    const name = this.#names.get(uri.isIpv6 ? `[${uri.host}]` : uri.host);
    if (name === undefined) return uri;
    const host = uri.isIpv6 ? uri.host : name;
    const port = uri.port !== undefined && this.isOwnPort(uri.port) ? undefined : uri.port;
    return host === uri.host && port === uri.port ? uri : { ...uri, host, port };
  }
}

const bareSip = {
  scheme: "sip",
  isIpv6: false,
  port: undefined,
  password: undefined,
  params: noParams,
  headers: "",
} as const;
