import type { RecordWithTtl } from "node:dns";
import { lookup, Resolver } from "node:dns/promises";
import type { DnsQuestion } from "@heliograph/sip";
import { type DnsQuestions, noRecords, type TimedAnswer } from "./dns-questions.js";

/** Node does not tell the TTL of NAPTR and SRV records, nor getaddrinfo that of anything. */
const usualTtlS = 60;
const noSuchNameTtlS = 10;
const noSuchName: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA", "NXDOMAIN", "EBADNAME"]);

/** DNS by the system's name servers; addresses that those do not know, by its hosts file. */
export class NodeDns implements DnsQuestions {
  readonly #resolver: Resolver;

  /** `servers` in place of those of the system. */
  constructor(timeoutMs: number, servers?: readonly string[]) {
    this.#resolver = new Resolver({ timeout: Math.max(1, Math.floor(timeoutMs / 2)), tries: 2 });
    if (servers) this.#resolver.setServers(servers);
  }

  async ask(question: DnsQuestion): Promise<TimedAnswer> {
    try {
      return await this.#resolve(question);
    } catch (cause) {
      const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
      const { kind, name } = question;
      if (kind === "A" || kind === "AAAA") return lookUp(kind, name);
      if (noSuchName.has(code)) return { answer: noRecords(question), ttlS: noSuchNameTtlS };
      throw cause;
    }
  }

  async #resolve({ kind, name }: DnsQuestion): Promise<TimedAnswer> {
    switch (kind) {
      case "NAPTR":
        return { answer: { kind, records: await this.#resolver.resolveNaptr(name) }, ttlS: usualTtlS };
      case "SRV": {
        const found = await this.#resolver.resolveSrv(name);
        return {
          answer: { kind, records: found.map((one) => ({ ...one, target: one.name })) },
          ttlS: usualTtlS,
        };
      }
      case "A":
        return addresses(kind, await this.#resolver.resolve4(name, { ttl: true }));
      default:
        return addresses(kind, await this.#resolver.resolve6(name, { ttl: true }));
    }
  }
}

function addresses(kind: "A" | "AAAA", found: readonly RecordWithTtl[]): TimedAnswer {
  return {
    answer: { kind, records: found.map(({ address }) => address) },
    ttlS: Math.min(...found.map(({ ttl }) => ttl)),
  };
}

async function lookUp(kind: "A" | "AAAA", name: string): Promise<TimedAnswer> {
  try {
    const found = await lookup(name, { all: true, family: kind === "A" ? 4 : 6 });
    return { answer: { kind, records: found.map(({ address }) => address) }, ttlS: usualTtlS };
  } catch {
    return { answer: { kind, records: [] }, ttlS: noSuchNameTtlS };
  }
}
