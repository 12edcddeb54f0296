import { randomFillSync } from "node:crypto";
import type { Chance } from "@heliograph/kernel";

const poolBytes = 8192;

/** Unguessable tokens, hexadecimal. Asks the system for random bytes a page at a time: a call costs more than they do. */
export class PooledChance implements Chance {
  readonly #pool = Buffer.alloc(poolBytes);
  #at = poolBytes;

  token(bytes: number): string {
    if (this.#at + bytes > poolBytes) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const token = this.#pool.toString("hex", this.#at, this.#at + bytes);
    this.#at += bytes;
    return token;
  }
}
