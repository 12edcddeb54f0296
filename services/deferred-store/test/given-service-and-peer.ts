import { afterEach, beforeEach } from "@jest/globals";
import { cleared, given, type Wishes } from "./given.js";
import { database, usePostgres } from "./given-database.js";
import { givenPeer } from "./given-peer.js";

/** Of the test that runs. */
export let peer: Awaited<ReturnType<typeof givenPeer>>;
export let service: Awaited<ReturnType<typeof given>>;

/** Gives each test of a suite an MSRP peer; the service is there once the test has called `start`. */
export function useServiceAndPeer(): void {
  usePostgres();

  beforeEach(async () => {
    peer = await givenPeer();
  });

  afterEach(async () => {
    await service.stop();
    await peer.stop();
  });
}

/** Starts the service over empty tables. */
export async function start(wishes: Partial<Wishes> = {}): Promise<void> {
  await cleared(database);
  service = await given({ database, ...wishes });
}
