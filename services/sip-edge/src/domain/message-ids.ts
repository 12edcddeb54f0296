import type { Chance, Clock } from "@heliograph/kernel";

/** Names for messages: unique, and in the order of time as texts. */
export class MessageIds {
  readonly #node: string;
  #count = 0;
  #nowMs = -1;
  #time = "";

  constructor(
    private readonly clock: Pick<Clock, "nowMs">,
    chance: Chance,
  ) {
    this.#node = chance.token(8).replace(/[^A-Za-z0-9]/g, "0");
  }

  /** Milliseconds, then a count, then what tells processes apart; all of it letters and digits. */
  next(): string {
    const nowMs = this.clock.nowMs();
    if (nowMs !== this.#nowMs) {
      this.#nowMs = nowMs;
      this.#time = nowMs.toString(36).padStart(9, "0");
    }
    this.#count = (this.#count + 1) % 0x100_0000;
    return `${this.#time}${this.#count.toString(36).padStart(5, "0")}${this.#node}`;
  }
}
