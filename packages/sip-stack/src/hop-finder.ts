import type { Chance, Clock } from "@heliograph/kernel";
import {
  type DnsQuestion,
  type NextHop,
  parseUri,
  pickBy,
  planResolution,
  type Resolution,
  type ResolutionOptions,
  type TransportName,
} from "@heliograph/sip";
import { DnsCache } from "./dns-cache.js";
import type { DnsQuestions } from "./dns-questions.js";
import type { StackLimits } from "./stack-limits.js";

/** What finding hops needs. */
export interface HopFinderParts {
  readonly dns: DnsQuestions;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: Pick<StackLimits, "dnsMs" | "maxHops">;
  readonly transports: readonly TransportName[];
}

const mostNumeric = 20_000;

/** Finds where a URI leads: the resolution of packages/sip with the answers of DNS. @spec rfc3263#4 @spec SC-06 */
export class HopFinder {
  readonly #cache: DnsCache;
  readonly #options: ResolutionOptions;
  /** Where URIs lead that name an address, as the contacts of devices do: that never changes. */
  readonly #numeric = new Map<string, readonly NextHop[]>();

  constructor({ dns, clock, chance, limits, transports }: HopFinderParts) {
    this.#cache = new DnsCache(dns, clock, limits.dnsMs);
    this.#options = { transports, pick: pickBy(chance), maxHops: limits.maxHops };
  }

  /** The hops in the order in which to try them; at once when DNS has no part in it. None for what is no SIP URI. */
  find(text: string): readonly NextHop[] | Promise<readonly NextHop[]> {
    const known = this.#numeric.get(text);
    if (known) return known;
    const uri = parseUri(text);
    if (!uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips")) {
      return [];
    }
    const resolution = planResolution(uri.value, this.#options);
    const first = resolution.next();
    return first.done ? this.#remember(text, first.value) : this.#converse(resolution, first);
  }

  #remember(text: string, hops: readonly NextHop[]): readonly NextHop[] {
    if (this.#numeric.size >= mostNumeric) this.#numeric.clear();
    this.#numeric.set(text, hops);
    return hops;
  }

  async #converse(
    resolution: Resolution,
    first: IteratorResult<readonly DnsQuestion[], readonly NextHop[]>,
  ): Promise<readonly NextHop[]> {
    let step = first;
    while (!step.done) {
      const answers = await Promise.all(step.value.map((question) => this.#cache.ask(question)));
      step = resolution.next(answers);
    }
    return step.value;
  }
}
