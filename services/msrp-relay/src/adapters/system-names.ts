import { lookup } from "node:dns/promises";
import type { Clock } from "@heliograph/kernel";
import type { Resolved } from "@heliograph/sdp";
import type { Names } from "../ports.js";

const patienceMs = 2_000;

/** Names as the system knows them. A name that takes too long has no addresses. @spec rfc6714#4.4 */
export class SystemNames implements Names {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async addressesOf(names: readonly string[]): Promise<Resolved> {
    if (names.length === 0) return none;
    const found = new Map<string, readonly string[]>();
    const all = Promise.all(names.map(async (name) => found.set(name, await addressesOf(name))));
    await this.#soon(all);
    return new Map(found);
  }

  #soon(all: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(patienceMs, resolve);
      void all.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

const none: Resolved = new Map();

async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
