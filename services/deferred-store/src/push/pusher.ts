import { type Bus, BusError, participating } from "@heliograph/contracts";
import type { Clock, Timer } from "@heliograph/kernel";
import type { Queues as Marks, Registrations } from "@heliograph/state";
import { type BackOff, backOffMs } from "../domain/back-off.js";
import type { DeferredMessage } from "../domain/deferred-message.js";
import { agedBy } from "../domain/expiry.js";
import type { Leases, Queues, Scope } from "../ports.js";
import { goesBySession, type SessionPush } from "../send/push-by-session.js";
import { type EndDeps, endMessage, isUnreadable, putAside } from "./end-message.js";
import { surely } from "./surely.js";

/** What sets a push going. A registration also gives another chance to what failed too often (D-deferred-store-1). @spec DF-36 */
export type Occasion = "registered" | "due";

/** What pushing needs. */
export interface PusherDeps extends EndDeps {
  readonly queues: Queues;
  readonly leases: Leases;
  readonly marks: Marks;
  readonly registrations: Pick<Registrations, "bindingsOf">;
  readonly bus: Pick<Bus, "request">;
  /** Pushes what cannot go as a SIP message. */
  readonly pushBySession: (found: DeferredMessage) => Promise<SessionPush>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backOff: BackOff;
  readonly maxAttempts: number;
  readonly maxConcurrent: number;
  readonly leaseMs: number;
}

/** An owner whose lease is ours. */
interface Held {
  /** `asked`: the lease is not ours yet. `lost`: another worker may have it by now, nothing more is pushed. */
  lease: "asked" | "ours" | "lost";
  /** Somebody asked again in the meantime. */
  again: Occasion | undefined;
  /** The last message that was looked at. */
  seen: number;
}

/** Why work with an owner's queue ended. `lost`: another worker may have the owner by now. */
export type OwnerEnd = "empty" | "unreachable" | "lost";

/** Why pushing to an owner ended. */
type End = OwnerEnd | "not-registered";

const pageSize = 20;
const maxPending = 200_000;

/**
 * Pushes what waits: for each owner one worker, one message at a time, in order, the next one only when Postgres knows
 * that a device has the last one. A 2xx of a device is what counts.
 *
 * @spec DF-33 @spec DF-34 @spec DF-39 @spec DF-40 @spec DF-46
 */
export class Pusher {
  readonly #pending = new Map<string, Occasion>();
  readonly #held = new Map<string, Held>();
  #heartbeat: Timer | undefined;
  #leasesValidUntilMs = 0;
  #isStopped = false;
  #idle: (() => void)[] = [];

  constructor(private readonly deps: PusherDeps) {}

  /** Asks for a push to the owner; returns at once. */
  wake(owner: string, occasion: Occasion): void {
    if (this.#isStopped) return;
    const held = this.#held.get(owner);
    if (held) {
      held.again = stronger(held.again, occasion);
      return;
    }
    if (this.#pending.size >= maxPending && !this.#pending.has(owner)) return;
    this.#pending.set(owner, stronger(this.#pending.get(owner), occasion));
    this.#pump();
  }

  /** Pushes to an owner whose lease has just been taken: again from the start, where somebody here is at it already. */
  continueWith(owner: string): void {
    const held = this.#held.get(owner);
    if (held) held.again = stronger(held.again, "due");
    else this.#start(owner, "due", true);
  }

  /**
   * Has somebody else work with an owner's queue while nobody pushes; false, at once, where somebody does. `mayAct` says
   * before each message whether the owner is still ours.
   *
   * @spec DF-40
   */
  async borrow(owner: string, work: (mayAct: () => boolean) => Promise<OwnerEnd>): Promise<boolean> {
    if (this.#isStopped || this.#held.has(owner)) return false;
    const held: Held = { lease: "asked", again: undefined, seen: 0 };
    this.#held.set(owner, held);
    try {
      if (!(await this.deps.leases.take(owner, true))) return false;
      held.lease = "ours";
      await this.#letGo(owner, held, () => work(() => this.#maySend(held)));
      return true;
    } finally {
      this.#over(owner, held);
    }
  }

  /** How many more owners could be pushed to. */
  get room(): number {
    return this.#isStopped ? 0 : Math.max(0, this.deps.maxConcurrent - this.#held.size);
  }

  start(): void {
    this.#leasesValidUntilMs = this.deps.clock.monotonicMs() + this.deps.leaseMs;
    this.#beat();
  }

  /** Starts no more pushes and waits for those under way, `graceMs` at most. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#pending.clear();
    if (this.#held.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.deps.clock.after(graceMs, resolve);
        this.#idle.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    this.#heartbeat?.cancel();
  }

  #pump(): void {
    for (const [owner, occasion] of this.#pending) {
      if (this.room === 0) return;
      this.#pending.delete(owner);
      this.#start(owner, occasion, false);
    }
  }

  #start(owner: string, occasion: Occasion, isLeased: boolean): void {
    const held: Held = { lease: isLeased ? "ours" : "asked", again: undefined, seen: 0 };
    this.#held.set(owner, held);
    void this.#run(owner, held, occasion)
      .catch((error: unknown) => this.deps.events.troubled("a push was put off", error))
      .finally(() => this.#over(owner, held));
  }

  #over(owner: string, held: Held): void {
    this.#held.delete(owner);
    if (held.again) this.wake(owner, held.again);
    this.#pump();
    if (this.#held.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(owner: string, held: Held, occasion: Occasion): Promise<void> {
    const { leases } = this.deps;
    if (held.lease === "asked") {
      if (!(await leases.take(owner, occasion === "registered"))) return this.#clearWhenEmpty(owner);
      held.lease = "ours";
    }
    await this.#letGo(owner, held, () => this.#pushAll(owner, held, occasion));
  }

  /** Works with an owner that is ours, and gives it back as the work ended. */
  async #letGo(owner: string, held: Held, work: () => Promise<End>): Promise<void> {
    const { leases } = this.deps;
    let end: End;
    try {
      end = await work();
    } catch (error) {
      await this.#backOff(owner);
      throw error;
    }
    if (end === "unreachable") return this.#backOff(owner);
    if (end === "lost") return leases.release(owner, { dueInMs: 0, failures: 0 });
    await leases.release(owner, { dueInMs: undefined, failures: 0 });
    if (end === "empty") await this.#lookAgain(owner, held);
  }

  async #pushAll(owner: string, held: Held, occasion: Occasion): Promise<End> {
    const { registrations } = this.deps;
    if ((await registrations.bindingsOf(owner)).length === 0) return "not-registered";
    const end = await this.#pushScope(owner, held, "waiting");
    if (end !== "empty" || occasion !== "registered") return end;
    return this.#pushScope(owner, held, "notify-only");
  }

  async #pushScope(owner: string, held: Held, scope: Scope): Promise<End> {
    const { queues } = this.deps;
    const blocked = new Set<string>();
    for (let after = 0; ; ) {
      const page = await queues.nextOf(owner, scope, after, pageSize);
      if (page.length === 0) return blocked.size > 0 ? this.#unreachable(owner) : "empty";
      for (const found of page) {
        if (!this.#maySend(held)) return "lost";
        if (isUnreadable(found)) await putAside(this.deps, found);
        else if ((await this.#pushInOrder(found, blocked)) === "unreachable") return this.#unreachable(owner);
        after = found.seq;
        if (scope === "waiting") held.seen = after;
      }
    }
  }

  /**
   * A message that no device takes by session holds back those of the same sender, and no others: the owner may have
   * no device for sessions at all (R-deferred-store-13).
   *
   * @spec DF-40
   */
  async #pushInOrder(found: DeferredMessage, blocked: Set<string>): Promise<"over" | "unreachable"> {
    const { aor } = found.message.sender;
    if (blocked.has(aor)) return "over";
    const end = await this.#push(found);
    if (end === "over" || !goesBySession(found)) return end;
    blocked.add(aor);
    return "over";
  }

  async #unreachable(owner: string): Promise<End> {
    const bindings = await this.deps.registrations.bindingsOf(owner);
    return bindings.length === 0 ? "not-registered" : "unreachable";
  }

  async #push(found: DeferredMessage): Promise<"over" | "unreachable"> {
    const { clock, events } = this.deps;
    if (found.expiresAtMs <= clock.nowMs()) {
      await endMessage(this.deps, found, "expired");
      return "over";
    }
    try {
      const reply = await this.#give(found);
      if (reply.kind === "unreachable") return await this.#noteFailure(found, reply.reason);
      await surely(
        this.deps,
        () => !this.#isStopped,
        () => this.#end(found, reply),
      );
      return "over";
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      events.troubled("a push got no answer", error);
      // Whether a device was tried is not known: no attempt (R-deferred-store-7).
      return error.failure === "handler-failed" ? this.#noteFailure(found, error.message) : "unreachable";
    }
  }

  #give(found: DeferredMessage): Promise<SessionPush> {
    const { bus, clock, pushBySession } = this.deps;
    if (goesBySession(found)) return pushBySession(found);
    return bus.request(participating.pushDeferredMessage, {}, agedBy(found.message, clock.nowMs()));
  }

  async #end(found: DeferredMessage, reply: Exclude<SessionPush, { kind: "unreachable" }>): Promise<void> {
    switch (reply.kind) {
      case "delivered":
        return endMessage(this.deps, found, "pushed");
      case "refused":
        return endMessage(this.deps, found, "refused", `${reply.status} ${reply.reason}`);
      case "damaged":
        this.deps.events.damaged(found.id);
        return endMessage(this.deps, found, "discarded", "damaged");
      default:
        return reply satisfies never;
    }
  }

  async #noteFailure(found: DeferredMessage, reason: string): Promise<"unreachable"> {
    const { queues, maxAttempts, events } = this.deps;
    events.unreachable(found.id, reason);
    await queues.noteFailure(found, reason, maxAttempts);
    return "unreachable";
  }

  async #backOff(owner: string): Promise<void> {
    const { leases, backOff, random } = this.deps;
    const failures = (await leases.failuresOf(owner)) + 1;
    await leases.release(owner, { dueInMs: backOffMs(backOff, failures, random), failures });
  }

  /**
   * After an owner was let go: what was stored before that shows here, what is stored later finds the owner free.
   * The mark goes when nothing waits, and comes back where something was stored in that very moment.
   */
  async #lookAgain(owner: string, held: Held): Promise<void> {
    const [next] = await this.deps.queues.nextOf(owner, "waiting", held.seen, 1);
    if (next) this.wake(owner, "due");
    else await this.#clearWhenEmpty(owner);
  }

  async #clearWhenEmpty(owner: string): Promise<void> {
    const { queues, marks } = this.deps;
    if ((await queues.usageOf(owner)).waiting > 0) return;
    await marks.clear(owner);
    if ((await queues.usageOf(owner)).waiting === 0) return;
    await marks.mark(owner);
    this.wake(owner, "due");
  }

  #maySend(held: Held): boolean {
    return (
      held.lease === "ours" && !this.#isStopped && this.deps.clock.monotonicMs() < this.#leasesValidUntilMs
    );
  }

  /**
   * Renews the leases of what is in hand at a third of their time, and no others: a lease that nobody here uses runs
   * out. Where that fails for long enough, nothing more is pushed.
   */
  #beat(): void {
    const { clock, leaseMs, leases, events } = this.deps;
    this.#heartbeat = clock.after(leaseMs / 3, () => {
      const askedAtMs = clock.monotonicMs();
      const asked = [...this.#held].filter(([, held]) => held.lease === "ours");
      leases
        .renew(asked.map(([owner]) => owner))
        .then((ours) => {
          this.#leasesValidUntilMs = askedAtMs + leaseMs;
          for (const [owner, held] of asked) if (!ours.has(owner)) held.lease = "lost";
        })
        .catch((error: unknown) => events.troubled("leases are not renewed", error))
        .finally(() => {
          if (!this.#isStopped || this.#held.size > 0) this.#beat();
        });
    });
  }
}

const stronger = (one: Occasion | undefined, other: Occasion): Occasion =>
  one === "registered" ? one : other;
