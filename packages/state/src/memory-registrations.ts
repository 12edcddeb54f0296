import type { Binding } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { LRUCache } from "lru-cache";
import { flatText } from "./flat-text.js";
import { bindingsOffFlow, liveBindings } from "./live-bindings.js";
import type { Queues } from "./queues.js";
import type { Change, Reachability, Registrations } from "./registrations.js";

/** Of so many addresses the bindings are checked for age at each change, so that nothing needs a timer. */
const sweptPerChange = 2;

const nobody: readonly Binding[] = Object.freeze([]);

/**
 * Registrations of one process. A hundred thousand of them fit because what devices have in common (feature tags,
 * paths, node names) is kept once, and because nothing holds on to the message that it came in.
 */
export class MemoryRegistrations implements Registrations, Queues {
  readonly #users = new Map<string, readonly Binding[]>();
  readonly #queued = new Set<string>();
  readonly #shared = new SharedParts();
  #sweep = this.#users.entries();

  constructor(private readonly clock: Pick<Clock, "nowMs">) {}

  bindingsOf(aor: string): Promise<readonly Binding[]> {
    return Promise.resolve(this.#live(aor));
  }

  reachabilityOf(aor: string): Promise<Reachability> {
    return Promise.resolve({ bindings: this.#live(aor), isQueued: this.#queued.has(aor) });
  }

  change<T>(aor: string, decide: (current: readonly Binding[]) => Change<T>): Promise<T> {
    try {
      const current = this.#live(aor);
      const { bindings, reply } = decide(current);
      if (bindings !== current) this.#keep(aor, bindings, current);
      this.#sweepSome();
      return Promise.resolve(reply);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  closeFlow(node: string, flowId: string, aors: readonly string[]): Promise<readonly string[]> {
    const changed = aors.filter((aor) => {
      const current = this.#live(aor);
      const left = bindingsOffFlow(current, node, flowId);
      if (left.length === current.length) return false;
      this.#keep(aor, left, current);
      return true;
    });
    return Promise.resolve(changed);
  }

  countUsers(): Promise<number> {
    for (const [aor, bindings] of this.#users) this.#forgetIfOver(aor, bindings);
    return Promise.resolve(this.#users.size);
  }

  mark(owner: string): Promise<void> {
    this.#queued.add(flatText(owner));
    return Promise.resolve();
  }

  clear(owner: string): Promise<void> {
    this.#queued.delete(owner);
    return Promise.resolve();
  }

  marked(owner: string): Promise<boolean> {
    return Promise.resolve(this.#queued.has(owner));
  }

  #live(aor: string): readonly Binding[] {
    const bindings = this.#users.get(aor);
    return bindings ? liveBindings(bindings, this.clock.nowMs()) : nobody;
  }

  #keep(aor: string, bindings: readonly Binding[], current: readonly Binding[]): void {
    const kept = bindings.map((binding) =>
      current.includes(binding) ? binding : this.#shared.compact(binding),
    );
    if (kept.length === 0) this.#users.delete(aor);
    else this.#users.set(current.length === 0 ? flatText(aor) : aor, kept);
  }

  #sweepSome(): void {
    for (let left = sweptPerChange; left > 0; left -= 1) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#users.entries();
      else this.#forgetIfOver(...next.value);
    }
  }

  #forgetIfOver(aor: string, bindings: readonly Binding[]): void {
    const live = liveBindings(bindings, this.clock.nowMs());
    if (live.length === 0) this.#users.delete(aor);
    else if (live !== bindings) this.#users.set(aor, live);
  }
}

/** Parts of bindings that many have in common, each kept once; bounded, so that odd ones cannot fill the memory. */
class SharedParts {
  readonly #texts = new LRUCache<string, string>({ max: 1_000 });
  readonly #params = new LRUCache<string, Binding["params"]>({ max: 1_000 });
  readonly #paths = new LRUCache<string, string[]>({ max: 1_000 });

  compact(binding: Binding): Binding {
    const { key, contact, callId, path, params, node, instance, flowId } = binding;
    const ownContact = flatText(contact);
    return {
      ...binding,
      key: key === contact ? ownContact : flatText(key),
      contact: ownContact,
      callId: flatText(callId),
      path: this.#list(path, this.#paths),
      params: this.#list(params, this.#params),
      node: this.#text(node),
      ...(instance === undefined ? undefined : { instance: flatText(instance) }),
      ...(flowId === undefined ? undefined : { flowId: flatText(flowId) }),
    };
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const own = flatText(text);
    this.#texts.set(own, own);
    return own;
  }

  #list<T extends object>(list: T, shared: LRUCache<string, T>): T {
    const name = JSON.stringify(list);
    const known = shared.get(name);
    if (known !== undefined) return known;
    const own = JSON.parse(name) as T;
    shared.set(name, own);
    return own;
  }
}
