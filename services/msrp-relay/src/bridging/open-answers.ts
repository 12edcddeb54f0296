import { responseTimeoutMs } from "@heliograph/msrp";
import type { Clock, Timer } from "@heliograph/kernel";
import type { AnswerTaker } from "./request-taker.js";

/** Requests whose sender wants to hear of errors alone: so many are remembered. */
const mostLenient = 1024;

/**
 * The requests that we sent on one connection, until they are answered. One that is not, thirty seconds after its last
 * octet, is told of as a 408.
 *
 * @spec rfc4975#7.1.1
 * @spec MS-09
 */
export class OpenAnswers {
  readonly #clock: Clock;
  #strict: Map<string, AnswerTaker> | undefined;
  #lenient: Map<string, AnswerTaker> | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A request goes out. Lenient: no response is the best one. @spec MS-08 */
  add(tid: string, taker: AnswerTaker, isLenient: boolean): void {
    if (isLenient) return this.#addLenient(tid, taker);
    this.#strict ??= new Map();
    this.#strict.set(tid, taker);
    this.#timer ??= this.#clock.after(responseTimeoutMs, this.#expire);
  }

  /** A response came; to nothing that is open: undefined. */
  take(tid: string): AnswerTaker | undefined {
    const taker = this.#strict?.get(tid);
    if (taker !== undefined) {
      this.#strict?.delete(tid);
      return taker;
    }
    const lenient = this.#lenient?.get(tid);
    if (lenient !== undefined) this.#lenient?.delete(tid);
    return lenient;
  }

  /** The connection is gone. Gives whom nobody answers any more. */
  close(): readonly AnswerTaker[] {
    this.#timer?.cancel();
    const open = [...(this.#strict?.values() ?? []), ...(this.#lenient?.values() ?? [])];
    this.#strict = undefined;
    this.#lenient = undefined;
    return open;
  }

  #addLenient(tid: string, taker: AnswerTaker): void {
    this.#lenient ??= new Map();
    this.#lenient.set(tid, taker);
    if (this.#lenient.size <= mostLenient) return;
    for (const oldest of this.#lenient.keys()) {
      this.#lenient.delete(oldest);
      return;
    }
  }

  /** One that is long in the writing stands before others that are due. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = nowMs + responseTimeoutMs;
    const late: AnswerTaker[] = [];
    for (const [tid, taker] of this.#strict ?? []) {
      if (taker.dueMs > nowMs) nextMs = Math.min(nextMs, taker.dueMs);
      else if (this.#strict?.delete(tid)) late.push(taker);
    }
    if (this.#strict !== undefined && this.#strict.size > 0)
      this.#timer = this.#clock.after(Math.max(100, nextMs - nowMs), this.#expire);
    for (const taker of late) taker.onAnswer(408, undefined);
  };
}
