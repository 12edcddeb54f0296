import type { Clock } from "@heliograph/kernel";
import { LRUCache } from "lru-cache";
import type { Subscriber } from "../domain/subscriber.js";
import type { Forgetful, Subscribers } from "../ports.js";

/** What is known of a name: a subscriber, or that there is none. */
interface Known {
  readonly subscriber: Subscriber | undefined;
}

interface Options {
  readonly read: (aors: readonly string[]) => Promise<ReadonlyMap<string, Subscriber>>;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly maxSubscribers: number;
}

/** A change that nobody told us of is seen after so long. */
const knownForMs = 300_000;
const unknownForMs = 10_000;
const maxBatch = 500;

/**
 * Subscribers, remembered. Everybody who is missed in one turn of the event loop is read together: a storm of
 * registrations costs a statement for hundreds.
 */
export class CachedSubscribers implements Subscribers, Forgetful {
  readonly #cache: LRUCache<string, Known>;
  #unread = new Map<string, Waiting>();
  #generation = 0;

  constructor(private readonly options: Options) {
    this.#cache = new LRUCache({
      max: options.maxSubscribers,
      ttl: knownForMs,
      ttlResolution: 0,
      perf: { now: () => options.clock.monotonicMs() },
    });
  }

  of(aor: string): Promise<Subscriber | undefined> {
    const known = this.#cache.get(aor);
    return known ? Promise.resolve(known.subscriber) : this.#await(aor);
  }

  forget(aor: string | undefined): void {
    this.#generation += 1;
    if (aor === undefined) this.#cache.clear();
    else this.#cache.delete(aor);
  }

  #await(aor: string): Promise<Subscriber | undefined> {
    const waiting = this.#unread.get(aor);
    if (waiting) return waiting.promise;
    if (this.#unread.size === 0) setImmediate(() => this.#readAll());
    const entry = new Waiting();
    this.#unread.set(aor, entry);
    return entry.promise;
  }

  #readAll(): void {
    const all = [...this.#unread];
    this.#unread = new Map();
    for (let at = 0; at < all.length; at += maxBatch) void this.#readBatch(all.slice(at, at + maxBatch));
  }

  async #readBatch(batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    const generation = this.#generation;
    try {
      const found = await this.options.read(batch.map(([aor]) => aor));
      for (const [aor, { resolve }] of batch) {
        const subscriber = found.get(aor);
        if (generation === this.#generation)
          this.#keep(subscriber?.profile.aor ?? copyOf(aor), { subscriber });
        resolve(subscriber);
      }
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }

  #keep(aor: string, known: Known): void {
    this.#cache.set(aor, known, { ttl: known.subscriber ? knownForMs : unknownForMs });
  }
}

/** A look-up that others may join before it starts. */
class Waiting {
  resolve: (subscriber: Subscriber | undefined) => void = () => undefined;
  reject: (cause: unknown) => void = () => undefined;
  readonly promise = new Promise<Subscriber | undefined>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** Names from requests are pieces of whole messages: a copy lets the message go. */
function copyOf(aor: string): string {
  return Buffer.from(aor, "utf8").toString("utf8");
}
