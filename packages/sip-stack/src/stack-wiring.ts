import { TimerWheel } from "@heliograph/kernel";
import { type Flow, type LayerUser, TransactionLayer } from "@heliograph/sip";
import { ConnectionTable } from "./connection-table.js";
import { HopFinder } from "./hop-finder.js";
import { HopMemory } from "./hop-memory.js";
import { Intake } from "./intake.js";
import { NodeDns } from "./node-dns.js";
import type { Inbox } from "./peer.js";
import { PooledChance } from "./pooled-chance.js";
import type { Sending } from "./sending.js";
import { SourceRates } from "./source-rates.js";
import { newCounters } from "./stack-counters.js";
import { defaultStackLimits, type StackLimits } from "./stack-limits.js";
import type { SipStackOptions } from "./stack-options.js";
import { SteadyTag } from "./steady-tag.js";
import { Transports } from "./transports.js";

/** Everything that a stack is made of. */
export interface StackWiring {
  readonly limits: StackLimits;
  readonly tags: SteadyTag;
  readonly table: ConnectionTable;
  readonly transports: Transports;
  readonly hops: HopFinder;
  readonly sending: Sending;
}

/** Whom the parts tell of what happens. */
export interface StackUser extends Omit<LayerUser, "onStray"> {
  flowClosed(flow: Flow): void;
  caught(cause: unknown): void;
}

/** Puts the parts together: one line each, in the order in which they need one another. */
export function wireStack(options: SipStackOptions, user: StackUser): StackWiring {
  const limits = { ...defaultStackLimits, ...options.limits };
  const clock = options.clock ?? new TimerWheel();
  const chance = options.chance ?? new PooledChance();
  const counters = newCounters();
  const tags = new SteadyTag();
  const { maxTransactions } = limits;
  const layer = new TransactionLayer({
    clock,
    chance,
    limits: { maxServerTransactions: maxTransactions, maxClientTransactions: maxTransactions },
    user: Object.assign(user, { onStray: () => void (counters.strayResponses += 1) }),
  });
  const table = new ConnectionTable({ clock, counters, limits, onClosed: (flow) => user.flowClosed(flow) });
  const rates = options.sourceRate && new SourceRates(clock, options.sourceRate);
  // The transports are made before what reads from them, which needs them to answer.
  const inbox = guarded(() => intake, user);
  const transports = new Transports(options, {
    table,
    connection: { inbox, counters, clock, chance, limits, rates },
    onUnreachable: (flow) => {
      counters.unreachablePeers += 1;
      user.flowClosed(flow);
    },
  });
  const intake = new Intake({ layer, transports, counters, limits: options.limits, tags });
  const dns = options.dns ?? new NodeDns(limits.dnsMs);
  const hops = new HopFinder({ dns, clock, chance, limits, transports: transports.usable });
  const sending = {
    clock,
    chance,
    counters,
    layer,
    dialler: transports.dialler,
    avoided: new HopMemory(clock),
    withoutTcp: new HopMemory(clock),
    udpPeer: transports.udpPeer.bind(transports),
  };
  return { limits, tags, table, transports, hops, sending };
}

/** A bug costs the message that met it, and not the process. */
function guarded(intake: () => Intake, user: StackUser): Inbox {
  return {
    take: (bytes, peer) => {
      try {
        intake().take(bytes, peer);
      } catch (cause) {
        user.caught(cause);
      }
    },
    refuse: (malformed, peer) => intake().refuse(malformed, peer),
  };
}
