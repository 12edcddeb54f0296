import { Alarmed, type Alarms } from "./alarms.js";

/**
 * One who sends again and again until it gives up: two timers of RFC 3261 (A and B, E and F, G and H) as one
 * alarm, for whichever is next.
 */
export abstract class Retransmitting extends Alarmed {
  #intervalMs = 0;
  #waitedMs = 0;

  /** Over a reliable transport nothing is sent again. */
  protected startTimers(alarms: Alarms, intervalMs: number, giveUpMs: number): void {
    this.#intervalMs = intervalMs;
    this.#waitedMs = 0;
    this.#armNext(alarms, giveUpMs);
  }

  protected restartTimer(alarms: Alarms, intervalMs: number, giveUpMs: number): void {
    this.#intervalMs = intervalMs;
    this.#armNext(alarms, giveUpMs);
  }

  protected doubledMs(longestMs: number): number {
    return Math.min(2 * this.#intervalMs, longestMs);
  }

  protected hasWaited(giveUpMs: number): boolean {
    return this.#waitedMs >= giveUpMs;
  }

  #armNext(alarms: Alarms, giveUpMs: number): void {
    const waitMs = Math.min(this.#intervalMs, giveUpMs - this.#waitedMs);
    this.#waitedMs += waitMs;
    alarms.arm(this, waitMs);
  }
}
