import type { Chance } from "@heliograph/kernel";

/** Chance that counts: `t1`, `t2`, … so that a test can write down the names that will be made. */
export class PredictableChance implements Chance {
  #count = 0;

  constructor(readonly prefix = "t") {}

  token(): string {
    this.#count += 1;
    return `${this.prefix}${this.#count}`;
  }
}
