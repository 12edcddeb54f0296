import type { sipCore } from "@heliograph/contracts";
import { err, ok, type Result } from "@heliograph/kernel";
import {
  aorOf,
  domainOf,
  formatUri,
  type Malformed,
  type NameAddr,
  Params,
  parseNameAddr,
  parseUri,
  relativeName,
  type SipUri,
  type Uri,
} from "@heliograph/sip";

/** An address of record, and under which of our domains it is, if any. */
export interface Party {
  readonly aor: string;
  /** The domain by the name that it has here; undefined when it is somebody else's, or a telephone number. */
  readonly domain: string | undefined;
}

/** What a header field says about one party. */
export interface NamedParty {
  /** As it was written. */
  readonly value: string;
  readonly name: NameAddr;
  readonly scheme: Uri["scheme"];
  readonly party: Party;
}

/** A URI as it means the same here by every spelling. */
export interface Named {
  /** An alias has become the domain, a port in our domain is dropped, im: and pres: have become sip:. */
  readonly uri: Uri;
  /** The same as text. */
  readonly text: string;
  /** Undefined for a scheme that is nobody's. */
  readonly party: Party | undefined;
}

/** Spellings that are remembered: people write to the same people, and a look-up is a tenth of reading. */
const maxRemembered = 20_000;

/** The domains that we serve, each by every name it has. @spec GEN-05 @spec GEN-07 @spec R-sip-edge-2 */
export class ServedDomains {
  readonly #known = new Map<string, Named>();
  readonly #parties = new Map<string, NamedParty>();
  readonly #names = new Map<string, string>();
  /** The domain whose realm protects what names no domain of ours. */
  readonly first: string | undefined;

  constructor(domains: readonly sipCore.Domain[]) {
    this.first = domains[0]?.name;
    for (const { name, aliases } of domains) {
      for (const alias of [name, ...aliases]) this.#names.set(alias.toLowerCase(), name);
    }
  }

  /** The name under which we keep the domain; undefined when it is not ours. An IPv6 address has its brackets. */
  nameOf(host: string): string | undefined {
    return this.#names.get(relativeName(host));
  }

  /** Reads a URI. */
  read(text: string): Result<Named, Malformed> {
    const known = this.#known.get(text);
    if (known) return ok(known);
    const parsed = parseUri(text);
    if (!parsed.ok) return err(parsed.error);
    const uri = this.#resolve(parsed.value);
    const aor = aorOf(uri);
    const party = aor.ok ? this.partyOfAor(aor.value) : undefined;
    const named = { uri, text: uri === parsed.value ? text : formatUri(uri), party };
    remember(this.#known, text, named);
    return ok(named);
  }

  /** Reads a header field value that names somebody; undefined when it does not. */
  readParty(value: string): NamedParty | undefined {
    const known = this.#parties.get(value);
    if (known) return known;
    const name = parseNameAddr(value);
    const named = name.ok ? this.read(name.value.uri) : undefined;
    if (!name.ok || !named?.ok || !named.value.party) return undefined;
    const party = { value, name: name.value, scheme: named.value.uri.scheme, party: named.value.party };
    remember(this.#parties, value, party);
    return party;
  }

  /** Whose an address of record is. */
  partyOfAor(aor: string): Party {
    const host = domainOf(aor);
    const domain = host === "" || !aor.endsWith(host) ? undefined : this.#names.get(host);
    return {
      aor: domain === undefined || domain === host ? aor : aor.slice(0, -host.length) + domain,
      domain,
    };
  }

  #resolve(uri: Uri): Uri {
    switch (uri.scheme) {
      case "sip":
      case "sips":
        return this.#resolveSip(uri);
      case "im":
      case "pres":
        return { ...bareSip, user: uri.user, host: this.nameOf(uri.host) ?? uri.host };
      default:
        return uri;
    }
  }

  #resolveSip(uri: SipUri): SipUri {
    const name = this.nameOf(uri.isIpv6 ? `[${uri.host}]` : uri.host);
    if (name === undefined) return uri;
    const host = uri.isIpv6 ? uri.host : name;
    return host === uri.host && uri.port === undefined ? uri : { ...uri, host, port: undefined };
  }
}

function remember<T>(known: Map<string, T>, text: string, value: T): void {
  if (known.size >= maxRemembered) known.clear();
  known.set(text, value);
}

const bareSip = {
  scheme: "sip",
  isIpv6: false,
  port: undefined,
  password: undefined,
  params: new Params(""),
  headers: "",
} as const;
