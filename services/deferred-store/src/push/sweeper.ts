import type { Clock, Timer } from "@heliograph/kernel";
import type { Queues as Marks, Registrations } from "@heliograph/state";
import type { Contents, Leases, Queues } from "../ports.js";
import { type EndDeps, endMessage, endUnreadable, isUnreadable } from "./end-message.js";
import type { Pusher } from "./pusher.js";

/** What the rounds need. */
export interface SweeperDeps extends EndDeps {
  readonly queues: Queues;
  readonly contents: Pick<Contents, "sweep">;
  readonly leases: Leases;
  readonly marks: Marks;
  readonly registrations: Pick<Registrations, "bindingsOf">;
  readonly pusher: Pick<Pusher, "continueWith" | "wake" | "room">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sweepMs: number;
  readonly tombstoneMs: number;
  readonly keepChargingMs: number;
}

const pageSize = 500;
const forgetEveryMs = 60_000;

/**
 * What nobody asks for: back-offs that are over, queues of workers that died, users whose registration we were not
 * told of, marks that were lost, messages whose time is over, uploads of workers that died. Each worker makes its rounds; what one has taken the
 * others leave.
 *
 * @spec DF-05 @spec DF-08 @spec DF-36 @spec DF-40
 */
export class Sweeper {
  #timer: Timer | undefined;
  #isStopped = false;
  #round: Promise<void> = Promise.resolve();
  #page = "";
  #forgotAtMs = 0;

  constructor(private readonly deps: SweeperDeps) {}

  /** Marks everybody for whom something waits: live state may have been lost. Throws when Postgres or the state is away. */
  async rebuildMarks(): Promise<void> {
    const { leases, marks } = this.deps;
    for (let last: string | undefined = ""; last !== undefined; ) {
      const owners = await leases.ownersAfter(last, pageSize);
      await Promise.all(owners.map(({ owner }) => marks.mark(owner)));
      last = owners.at(-1)?.owner;
    }
  }

  start(): void {
    this.#arm(this.deps.random() * 0.2);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  /** One round; what fails is put off to the next. */
  async sweep(): Promise<void> {
    const { events } = this.deps;
    const parts = [
      this.#takeDue(),
      this.#endWhatIsOver(),
      this.#lookAtPage(),
      this.#forget(),
      this.deps.contents.sweep(),
    ];
    for (const part of await Promise.allSettled(parts)) {
      if (part.status === "rejected") events.troubled("a round was cut short", part.reason);
    }
  }

  #arm(share: number): void {
    const { clock, sweepMs, random } = this.deps;
    this.#timer = clock.after(sweepMs * share, () => {
      this.#round = this.sweep().finally(() => {
        if (!this.#isStopped) this.#arm(0.75 + random() / 2);
      });
    });
  }

  async #takeDue(): Promise<void> {
    const { leases, pusher } = this.deps;
    if (pusher.room === 0) return;
    for (const owner of await leases.takeDue(pusher.room)) pusher.continueWith(owner);
  }

  async #endWhatIsOver(): Promise<void> {
    for (;;) {
      const found = await this.deps.queues.over(pageSize);
      const endings = found.map((each) => {
        if (isUnreadable(each)) return endUnreadable(this.deps, each, "expired");
        return endMessage(this.deps, each, each.state === "dropped" ? "dropped" : "expired");
      });
      await Promise.all(endings);
      if (found.length < pageSize || this.#isStopped) return;
    }
  }

  async #lookAtPage(): Promise<void> {
    const { leases, marks, registrations, pusher } = this.deps;
    const owners = await leases.ownersAfter(this.#page, pageSize);
    this.#page = owners.length < pageSize ? "" : (owners.at(-1)?.owner ?? "");
    for (const { owner, isIdle } of owners) {
      await marks.mark(owner);
      if (isIdle && (await registrations.bindingsOf(owner)).length > 0) pusher.wake(owner, "due");
    }
  }

  async #forget(): Promise<void> {
    const { clock, queues, tombstoneMs, keepChargingMs } = this.deps;
    const nowMs = clock.nowMs();
    if (nowMs - this.#forgotAtMs < forgetEveryMs) return;
    this.#forgotAtMs = nowMs;
    await queues.forget(nowMs - tombstoneMs, nowMs - keepChargingMs);
  }
}
