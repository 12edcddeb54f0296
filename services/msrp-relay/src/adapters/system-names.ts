import { lookup, resolveSrv } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "@heliograph/kernel";
import { recommendedPort } from "@heliograph/msrp";
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

  /** By SRV, the heaviest of the most preferred; else the recommended port of the name itself. @spec rfc4976#8 @spec MS-28 */
  async relayOf(name: string): Promise<{ readonly host: string; readonly port: number }> {
    const itself = { host: name, port: recommendedPort };
    if (isIP(name) !== 0) return itself;
    let found = itself;
    await this.#soon(
      resolveSrv(`_msrps._tcp.${name}`).then(
        (services) => (found = bestOf(services) ?? itself),
        () => undefined,
      ),
    );
    return found;
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

function bestOf(services: Awaited<ReturnType<typeof resolveSrv>>) {
  const [best] = services.sort((one, other) => one.priority - other.priority || other.weight - one.weight);
  return best && { host: best.name, port: best.port };
}

async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
