import type { Submission } from "@heliograph/contracts";
import { type Clock, PassingMap } from "@heliograph/kernel";
import type { Events } from "../events.js";
import type { RecentMessages } from "../ports.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly recentMessages: RecentMessages;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  readonly events: Pick<Events, "repeated" | "refused" | "broken">;
  readonly rememberForMs: number;
  /** How long a repeat waits for what another process is doing. */
  readonly waitMs: number;
}

/** One attempt to handle a message. */
export interface Attempt<T> {
  readonly id: string;
  readonly key: string;
  /** What the work needs to know; asked in the same tick as the claim, so that both cross the network together. */
  readonly prepare: () => Promise<T>;
  readonly work: (prepared: T) => Promise<Submission>;
}

/**
 * Handles a message once. A repeat gets the answer of the first: from memory while that is open in this process, from
 * live state otherwise. What was not accepted is forgotten, so that a retry is a new attempt.
 *
 * @spec GEN-19 @spec R-participating-3
 */
export class OncePerMessage {
  readonly #open = new PassingMap<Promise<Submission>>();
  constructor(private readonly deps: Deps) {}

  run<T>(attempt: Attempt<T>): Promise<Submission> {
    const open = this.#open.get(attempt.key);
    if (open) {
      this.deps.events.repeated(attempt.id);
      return open;
    }
    const { recentMessages, rememberForMs } = this.deps;
    const claiming = recentMessages.claim(attempt.key, rememberForMs);
    const outcome = this.#claimAndWork(attempt, claiming, attempt.prepare());
    this.#open.set(attempt.key, outcome);
    return outcome;
  }

  /** Settles when what is in hand has an outcome. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#open.values());
  }

  async #claimAndWork<T>(
    attempt: Attempt<T>,
    claiming: ReturnType<RecentMessages["claim"]>,
    preparing: Promise<T>,
  ): Promise<Submission> {
    preparing.catch(() => undefined);
    try {
      const claim = await claiming;
      if (claim.kind === "first") return await this.#work(attempt, preparing);
      this.deps.events.repeated(attempt.id);
      if (claim.kind === "settled") return { kind: "accepted", status: claim.outcome === "202" ? 202 : 200 };
      const untilMs = this.deps.clock.monotonicMs() + this.deps.waitMs;
      return await this.#waitForOther(attempt, preparing, untilMs);
    } finally {
      this.#open.delete(attempt.key);
    }
  }

  async #work<T>({ key, work }: Attempt<T>, preparing: Promise<T>): Promise<Submission> {
    const { recentMessages, events } = this.deps;
    const giveUp = () => {
      recentMessages.release(key).catch((cause: unknown) => events.broken("a claim was not released", cause));
    };
    try {
      const submission = await work(await preparing);
      if (submission.kind === "refused") giveUp();
      else this.#settle(key, submission.status);
      return submission;
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  #settle(key: string, status: number): void {
    const { recentMessages, events } = this.deps;
    recentMessages
      .settle(key, String(status))
      .catch((cause: unknown) => events.broken("an outcome was not remembered", cause));
  }

  /** Another process has the message: its outcome is ours, and its claim when it fails or dies. */
  async #waitForOther<T>(attempt: Attempt<T>, preparing: Promise<T>, untilMs: number): Promise<Submission> {
    const { recentMessages, clock, events, rememberForMs } = this.deps;
    while (clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => clock.after(pollMs, resolve));
      const claim = await recentMessages.claim(attempt.key, rememberForMs);
      if (claim.kind === "first") return this.#work(attempt, preparing);
      if (claim.kind === "settled") return { kind: "accepted", status: claim.outcome === "202" ? 202 : 200 };
    }
    return refuse(events, attempt, "merged");
  }
}

const pollMs = 250;
