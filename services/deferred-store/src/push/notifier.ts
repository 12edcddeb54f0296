import { type Bus, participating } from "@heliograph/contracts";
import type { Clock, Timer } from "@heliograph/kernel";
import { type BackOff, backOffMs } from "../domain/back-off.js";
import type { Events } from "../events.js";
import type { Notice, Notices } from "../ports.js";

/** What sending notices needs. */
export interface NotifierDeps {
  readonly notices: Notices;
  readonly bus: Pick<Bus, "request">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backOff: BackOff;
  readonly sweepMs: number;
  readonly events: Events;
}

const atOnce = 100;
/** Longer than a hand-over can take, so that no two workers send the same notice. */
const leaseMs = 45_000;
const giveUpAfterMs = 24 * 3_600_000;

/**
 * Hands over the IMDNs that are owed: when one is written, and again with growing pauses until somebody answers. A
 * refusal is an answer. What was handed over and not yet crossed off when a process died goes twice, as the same
 * message. Nobody else reports processing (R-deferred-store-8).
 *
 * @spec DF-12 @spec DF-44
 */
export class Notifier {
  #timer: Timer | undefined;
  #isBusy = false;
  #again = false;
  #isStopped = false;

  constructor(private readonly deps: NotifierDeps) {}

  start(): void {
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Something is owed. */
  wake(): void {
    this.#again = true;
    if (!this.#isBusy && !this.#isStopped) void this.#work();
  }

  async #work(): Promise<void> {
    const { notices, clock, sweepMs, events } = this.deps;
    this.#isBusy = true;
    this.#timer?.cancel();
    try {
      while (this.#again && !this.#isStopped) {
        this.#again = false;
        const taken = await notices.take(atOnce, leaseMs);
        if (taken.length === atOnce) this.#again = true;
        await Promise.all(taken.map((notice) => this.#send(notice)));
      }
    } catch (error) {
      events.troubled("notifications are put off", error);
    }
    this.#isBusy = false;
    if (!this.#isStopped) this.#timer = clock.after(sweepMs, () => this.wake());
  }

  async #send({ seq, attempts, createdAtMs, message }: Notice): Promise<void> {
    const { notices, bus, clock, random, backOff, events } = this.deps;
    try {
      const reply = await bus.request(participating.sendNotification, {}, message);
      if (reply.kind === "accepted" || reply.status < 500) {
        events.noticeSent(reply.kind);
        return await notices.settle(seq);
      }
    } catch (error) {
      events.troubled("a notification was not handed over", error);
    }
    if (clock.nowMs() - createdAtMs < giveUpAfterMs) {
      return notices.retry(seq, backOffMs(backOff, attempts, random));
    }
    events.noticeSent("given-up");
    await notices.settle(seq);
  }
}
