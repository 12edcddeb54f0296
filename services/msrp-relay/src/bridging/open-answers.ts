import { type Clock, type Keyed, KeyedTable, type Timer } from "@heliograph/kernel";
import { responseTimeoutMs } from "@heliograph/msrp";
import type { AnswerTaker } from "./request-taker.js";

/** Requests whose sender wants to hear of errors alone: so many are remembered, at one node. */
const mostLenient = 65_536;

/** Whose connection the requests went out on. */
export interface Asker {
  /** The latest of its open requests; for {@link OpenAnswers} alone. */
  lastAsked: Asked | undefined;
}

/** A request that is out. It stands in two lists: of all, by age, and of its connection. */
class Asked implements Keyed {
  keyHash = 0;
  older: Asked | undefined;
  younger: Asked | undefined;
  before: Asked | undefined;
  after: Asked | undefined;

  constructor(
    readonly key: string,
    readonly asker: Asker,
    readonly taker: AnswerTaker,
    readonly sinceMs: number,
  ) {}
}

/**
 * The requests that this node sent, until they are answered: one table for all connections, because thousands come and
 * go in a second. One that is not answered thirty seconds after its last octet is told of as a 408.
 *
 * @spec rfc4975#7.1.1
 * @spec MS-09
 */
export class OpenAnswers {
  readonly #clock: Clock;
  readonly #table: KeyedTable<Asked>;
  #oldest: Asked | undefined;
  #youngest: Asked | undefined;
  #lenient = 0;
  #timer: Timer | undefined;

  /** Nobody outside can guess the seed, so nobody can choose keys that meet. */
  constructor(clock: Clock, seed: string) {
    this.#clock = clock;
    this.#table = new KeyedTable(seed);
  }

  /** How many are open. */
  get size(): number {
    return this.#table.size;
  }

  /** A request goes out. */
  add(asker: Asker, tid: string, taker: AnswerTaker): void {
    if (taker.isLenient && this.#lenient >= mostLenient) return;
    if (taker.isLenient) this.#lenient += 1;
    const asked = new Asked(tid, asker, taker, this.#clock.monotonicMs());
    this.#table.add(asked, this.#table.hashOf(tid));
    this.#enlist(asked);
    this.#timer ??= this.#clock.after(responseTimeoutMs, this.#expire);
  }

  /** A response came on a connection; to nothing that went out there: undefined. */
  take(asker: Asker, tid: string): AnswerTaker | undefined {
    const asked = this.#table.get(tid, this.#table.hashOf(tid));
    if (asked?.asker !== asker) return undefined;
    this.#remove(asked);
    return asked.taker;
  }

  /** A connection is gone. Gives whom nobody answers any more. */
  close(asker: Asker): readonly AnswerTaker[] {
    const takers: AnswerTaker[] = [];
    for (let asked = asker.lastAsked; asked !== undefined; asked = asker.lastAsked) {
      takers.push(asked.taker);
      this.#remove(asked);
    }
    return takers;
  }

  /** No more of them. */
  stop(): void {
    this.#timer?.cancel();
  }

  #enlist(asked: Asked): void {
    const { asker } = asked;
    asked.older = this.#youngest;
    if (this.#youngest === undefined) this.#oldest = asked;
    else this.#youngest.younger = asked;
    this.#youngest = asked;
    asked.before = asker.lastAsked;
    if (asker.lastAsked !== undefined) asker.lastAsked.after = asked;
    asker.lastAsked = asked;
  }

  /** Whoever is out of the lists names nobody in them, or what is over would keep alive what is new. */
  #remove(asked: Asked): void {
    const { older, younger, before, after, asker } = asked;
    this.#table.delete(asked);
    if (asked.taker.isLenient) this.#lenient -= 1;
    if (older === undefined) this.#oldest = younger;
    else older.younger = younger;
    if (younger === undefined) this.#youngest = older;
    else younger.older = older;
    if (before !== undefined) before.after = after;
    if (after === undefined) asker.lastAsked = before;
    else after.before = before;
    asked.older = undefined;
    asked.younger = undefined;
    asked.before = undefined;
    asked.after = undefined;
  }

  /** One that is long in the writing stands before others that are due. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    const late: AnswerTaker[] = [];
    let nextMs = nowMs + responseTimeoutMs;
    for (let asked = this.#oldest; asked !== undefined; ) {
      const { younger, taker, sinceMs } = asked;
      const dueMs = Math.max(sinceMs + responseTimeoutMs, taker.dueMs);
      if (dueMs <= nowMs) {
        this.#remove(asked);
        if (!taker.isLenient) late.push(taker);
      } else nextMs = Math.min(nextMs, dueMs);
      asked = sinceMs + responseTimeoutMs > nowMs ? undefined : younger;
    }
    if (this.#table.size > 0) this.#timer = this.#clock.after(Math.max(1, nextMs - nowMs), this.#expire);
    for (const taker of late) taker.onAnswer(408, undefined);
  };
}
