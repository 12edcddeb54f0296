import { sipCore } from "@heliograph/contracts";
import type { Clock, Timer } from "@heliograph/kernel";
import { ServedDomains } from "../domain/served-domains.js";
import type { Events } from "../events.js";
import type { KnownDomains, Services } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly clock: Pick<Clock, "after">;
  readonly events: Events;
}

/** Asked again so soon while the registrar does not answer, and so late in case a change was not heard of. */
const retryMs = 1_000;
const refreshMs = 60_000;

/** Knows which domains are served, from `sip-core/src/handlers/list-domains.ts`. @spec GEN-05 @spec GEN-21 */
export class DomainKeeper implements KnownDomains {
  #current: ServedDomains | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(private readonly deps: Deps) {}

  get current(): ServedDomains | undefined {
    return this.#current;
  }

  /** For the health of the service: throws until the domains are known. */
  mustBeKnown(): void {
    if (!this.#current) throw new Error("sip-core has not told the domains yet");
  }

  /** Asks for the domains; never rejects. What was known stays until there is an answer. */
  async refresh(): Promise<void> {
    const { bus, clock, events } = this.deps;
    this.#timer?.cancel();
    try {
      const { domains } = await bus.request(sipCore.listDomains, {}, {});
      if (!this.#current) events.domainsRead(domains.length);
      this.#current = new ServedDomains(domains);
    } catch (cause) {
      if (this.#current) events.failed("asking for the domains", cause);
    }
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = clock.after(this.#current ? refreshMs : retryMs, () => void this.refresh());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}
