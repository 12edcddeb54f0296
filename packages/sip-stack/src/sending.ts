import type { Chance, Clock } from "@heliograph/kernel";
import type { NextHop, TransactionLayer } from "@heliograph/sip";
import type { Dialler } from "./dialler.js";
import type { HopMemory } from "./hop-memory.js";
import type { Peer } from "./peer.js";
import type { StackCounters } from "./stack-counters.js";

/** What a request of ours needs to get out. */
export interface Sending {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly counters: StackCounters;
  readonly layer: TransactionLayer;
  readonly dialler: Pick<Dialler, "existing" | "reach">;
  /** Hops that failed, or that said with 503 and Retry-After when to come again. @spec rfc3261#21.5.4 */
  readonly avoided: HopMemory;
  /** UDP peers that take no TCP connections. */
  readonly withoutTcp: HopMemory;
  /** The UDP flow to an address, from a socket of ours that can reach it. */
  udpPeer(to: NextHop): Peer | undefined;
}
