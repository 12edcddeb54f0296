import { lookup } from "node:dns/promises";
import type { Chance, Clock } from "@heliograph/kernel";
import { createMsrpEndpoints, type MsrpEndpoints } from "@heliograph/msrp-stack";
import { namesToResolve, parseMsrpDescription } from "@heliograph/sdp";
import type { MediaOptions } from "./client-options.js";
import type { ResolveNames } from "./session/call.js";
import { LocalEnds } from "./session/local-ends.js";

interface Deps {
  readonly options: MediaOptions;
  readonly address: string;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** The MSRP end points of a client, made and opened when the first session needs them. */
export class MediaEndpoints {
  readonly #deps: Deps;
  #endpoints: MsrpEndpoints | undefined;
  #ends: Promise<LocalEnds> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  open(): Promise<LocalEnds> {
    this.#ends ??= this.#start();
    return this.#ends;
  }

  async stop(): Promise<void> {
    await this.#endpoints?.stop();
  }

  async #start(): Promise<LocalEnds> {
    const { options, address, clock, chance } = this.#deps;
    const { identity, ca, relay } = options;
    // Somebody has to know where to connect: not at an address that means "any".
    const listens = options.listens ?? address !== "0.0.0.0";
    const { port = 0 } = options;
    const endpoints = createMsrpEndpoints({
      listen: listens
        ? [
            { transport: "tcp", address, port },
            ...(identity ? [{ transport: "tls" as const, address, port: 0 }] : []),
          ]
        : [],
      tls: { ...identity, ...(ca !== undefined && { ca }) },
      clock,
      chance,
    });
    this.#endpoints = endpoints;
    await endpoints.start();
    return new LocalEnds(endpoints, relay);
  }
}

/** Names that cannot be resolved match nothing. @spec rfc6714#4.4 */
export const resolveBySystem: ResolveNames = async (description) => {
  const read = parseMsrpDescription(description);
  const names = read.ok
    ? read.value.media.flatMap((media) => (media.kind === "msrp" ? namesToResolve(media) : []))
    : [];
  const found = await Promise.all(
    names.map(async (name) => {
      const addresses = await lookup(name, { all: true }).catch(() => []);
      return [name, addresses.map(({ address }) => address)] as const;
    }),
  );
  return new Map(found);
};
