import { type Bus, sipCore } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { LRUCache } from "lru-cache";
import type { Party } from "../domain/decide-origination.js";
import type { Profiles } from "../ports.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly maxProfiles: number;
  readonly profileTtlMs: number;
}

/** Profiles as `sip-core` has them, kept for a while; an answer in the cache costs no wait. @spec PF-20 */
export class CachedProfiles implements Profiles {
  readonly #known: LRUCache<string, Party>;
  readonly #asked = new Map<string, Promise<Party>>();
  /** Rises with every change: an answer that was asked for before it is not kept. */
  #changes = 0;

  constructor(private readonly deps: Deps) {
    const { maxProfiles: max, profileTtlMs: ttl, clock } = deps;
    this.#known = new LRUCache({ max, ttl, ttlResolution: 0, perf: { now: () => clock.monotonicMs() + 1 } });
  }

  of(aor: string): Party | Promise<Party> {
    const known = this.#known.get(aor);
    if (known) return known;
    const asked = this.#asked.get(aor);
    if (asked) return asked;
    const asking = this.#ask(aor).finally(() => {
      if (this.#asked.get(aor) === asking) this.#asked.delete(aor);
    });
    this.#asked.set(aor, asking);
    return asking;
  }

  /** Hears `subscriber-changed`; without an address everything may have changed. */
  forget(aor: string | undefined): void {
    this.#changes += 1;
    this.#asked.clear();
    if (aor === undefined) this.#known.clear();
    else this.#known.delete(aor);
  }

  async #ask(aor: string): Promise<Party> {
    const before = this.#changes;
    const party = await this.deps.bus.request(sipCore.lookUpProfile, {}, { aor });
    if (before === this.#changes) this.#known.set(aor, party);
    return party;
  }
}
