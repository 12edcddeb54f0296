import type { Conversation } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Conversations } from "./conversations.js";

interface Entry {
  readonly conversation: Conversation;
  readonly endsAtMs: number;
}

/** Of so many conversations the age is looked at when another one opens, so that nothing needs a timer. */
const sweptPerOpening = 2;

/** Conversations of one process. */
export class MemoryConversations implements Conversations {
  readonly #entries = new Map<string, Entry>();
  readonly #ofUser = new Map<string, Set<string>>();
  /** Ids in order: they are made in order, so that a new one nearly always belongs at the end. */
  readonly #ids: string[] = [];
  #sweep = this.#entries.keys();

  constructor(private readonly clock: Pick<Clock, "nowMs">) {}

  open(conversation: Conversation, ttlMs: number, maxPerUser: number): Promise<string | undefined> {
    this.#sweepSome();
    const users = usersOf(conversation);
    const full = users.find((aor) => this.#count(aor) >= maxPerUser);
    if (full !== undefined) return Promise.resolve(full);
    const { id } = conversation;
    this.#entries.set(id, { conversation, endsAtMs: this.clock.nowMs() + ttlMs });
    this.#ids.splice(this.#placeAfter(id), 0, id);
    for (const aor of users) {
      const ids = this.#ofUser.get(aor);
      if (ids) ids.add(id);
      else this.#ofUser.set(aor, new Set([id]));
    }
    return Promise.resolve(undefined);
  }

  of(id: string): Promise<Conversation | undefined> {
    return Promise.resolve(this.#live(id));
  }

  missing(ids: readonly string[]): Promise<string[]> {
    return Promise.resolve(ids.filter((id) => !this.#live(id)));
  }

  change(
    id: string,
    ttlMs: number,
    change: (current: Conversation) => Conversation,
  ): Promise<Conversation | undefined> {
    const current = this.#live(id);
    if (!current) return Promise.resolve(undefined);
    try {
      const conversation = change(current);
      this.#entries.set(id, { conversation, endsAtMs: this.clock.nowMs() + ttlMs });
      return Promise.resolve(conversation);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(id: string): Promise<Conversation | undefined> {
    const conversation = this.#live(id);
    this.#forget(id);
    return Promise.resolve(conversation);
  }

  ofUser(aor: string): Promise<readonly Conversation[]> {
    const ids = [...(this.#ofUser.get(aor) ?? [])];
    return Promise.resolve(ids.map((id) => this.#live(id)).filter((one) => one !== undefined));
  }

  countOf(aor: string): Promise<number> {
    return Promise.resolve(this.#count(aor));
  }

  page(after: string | undefined, limit: number): Promise<readonly Conversation[]> {
    const page: Conversation[] = [];
    let at = after === undefined ? 0 : this.#placeAfter(after);
    while (page.length < limit) {
      const id = this.#ids[at];
      if (id === undefined) break;
      const conversation = this.#live(id);
      if (conversation) {
        page.push(conversation);
        at += 1;
      }
    }
    return Promise.resolve(page);
  }

  /** What is there and not over; what is over is forgotten. */
  #live(id: string): Conversation | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    if (entry.endsAtMs > this.clock.nowMs()) return entry.conversation;
    this.#forget(id);
    return undefined;
  }

  #count(aor: string): number {
    for (const id of this.#ofUser.get(aor) ?? []) this.#live(id);
    return this.#ofUser.get(aor)?.size ?? 0;
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#ids.splice(this.#placeAfter(id) - 1, 1);
    for (const aor of usersOf(entry.conversation)) {
      const ids = this.#ofUser.get(aor);
      ids?.delete(id);
      if (ids?.size === 0) this.#ofUser.delete(aor);
    }
  }

  #sweepSome(): void {
    for (let left = sweptPerOpening; left > 0; left -= 1) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#entries.keys();
      else this.#live(next.value);
    }
  }

  /** Where an id that comes right after `id` stands. */
  #placeAfter(id: string): number {
    let from = 0;
    let to = this.#ids.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#ids[middle] ?? "") <= id) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Who takes part; somebody who speaks to himself does so once. */
function usersOf({ callerAor, calleeAor }: Conversation): readonly string[] {
  return callerAor === calleeAor ? [callerAor] : [callerAor, calleeAor];
}
