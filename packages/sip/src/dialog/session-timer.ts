import { type Clock, step, type Timer, unreachable } from "@heliograph/kernel";
import type { SessionInterval } from "./session-interval.js";
import { type Action, type Event, sessionTimer, type State } from "./session-timer.machine.js";

/** What a session timer has done to a session. */
export interface SessionTimerUser {
  /** Sends a refresh, and says what came of it: {@link SessionTimer.set} or {@link SessionTimer.refused}. */
  refresh(): void;
  /** The session is over. */
  expire(): void;
}

/** A session ends so long before its interval does, or a third of it. @spec rfc4028#10 */
const endsEarlierS = 32;
/** A refresh that was refused is tried again in the middle of the time that is left, down to this. */
const shortestWaitMs = 8_000;

/** Drives the {@link sessionTimer} table. @spec rfc4028#7.2 @spec rfc4028#9 @spec rfc4028#10 @spec GEN-12 */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #user: SessionTimerUser;
  #state: State = "off";
  #interval: SessionInterval | undefined;
  #endsAtMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, user: SessionTimerUser) {
    this.#clock = clock;
    this.#user = user;
  }

  get state(): State {
    return this.#state;
  }

  /** What was agreed last; undefined while there is no timer. */
  get interval(): SessionInterval | undefined {
    return this.#interval;
  }

  /** A 2xx to an INVITE or UPDATE was sent or received, and says this. */
  set(interval: SessionInterval | undefined): void {
    this.#interval = interval;
    if (interval) {
      const { intervalS } = interval;
      const lastsS = intervalS - Math.min(endsEarlierS, intervalS / 3);
      this.#endsAtMs = this.#clock.monotonicMs() + 1_000 * lastsS;
    }
    this.#on(interval ? (interval.isOurs ? "we refresh" : "peer refreshes") : "no timer");
  }

  /** A refresh has another final answer than a 2xx, 408 or 481. */
  refused(): void {
    this.#on("refresh refused");
  }

  over(): void {
    this.#on("dialog over");
  }

  #on(event: Event): void {
    const { next, actions } = step(sessionTimer, this.#state, event);
    this.#state = next;
    for (const action of actions) this.#run(action);
  }

  #run(action: Action): void {
    switch (action) {
      case "wait for half":
        return this.#wait(500 * (this.#interval?.intervalS ?? 0), "refresh is due");
      case "wait for expiry":
        return this.#wait(this.#leftMs, "session expires");
      case "wait to try again":
        return this.#waitToTryAgain();
      case "refresh":
        return this.#user.refresh();
      case "stop waiting":
        return this.#timer?.cancel();
      case "end session":
        return this.#user.expire();
      default:
        return unreachable(action);
    }
  }

  #waitToTryAgain(): void {
    const waitMs = this.#leftMs / 2;
    if (waitMs < shortestWaitMs) this.#wait(this.#leftMs, "session expires");
    else this.#wait(waitMs, "refresh is due");
  }

  get #leftMs(): number {
    return Math.max(0, this.#endsAtMs - this.#clock.monotonicMs());
  }

  #wait(ms: number, event: Event): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => this.#on(event));
  }
}
