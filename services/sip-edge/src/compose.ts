import { type Bus, sipCore, sipEdge } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Service } from "@heliograph/runtime";
import type { Dialogs, ListeningPoint, SipStack } from "@heliograph/sip";
import { noTracing, type Tracing } from "@heliograph/telemetry";
import { dialogsOver } from "./adapters/dialogs-over.js";
import { hmacUnderFreshKey } from "./adapters/hmac.js";
import { observeStack } from "./adapters/observe-stack.js";
import { reachablePoints } from "./adapters/reachable-points.js";
import { composeSessions, type Sessions } from "./compose-sessions.js";
import type { Config } from "./config.js";
import { FlowTokens } from "./domain/flow-token.js";
import { FlowUsers } from "./domain/flow-users.js";
import type { Reach } from "./domain/leg-contact.js";
import { MessageIds } from "./domain/message-ids.js";
import { OpenRequests } from "./domain/open-requests.js";
import { OwnAddresses } from "./domain/own-addresses.js";
import { sourceOf } from "./domain/source.js";
import { StandingQueue } from "./domain/standing-queue.js";
import type { OutsidePolicy } from "./domain/write-pager-message.js";
import { type Events, type Reporting, reportEvents } from "./events.js";
import { forgetFlow } from "./handlers/forget-flow.js";
import { forwardPagerMessage } from "./handlers/forward-pager-message.js";
import { identify } from "./handlers/identify.js";
import { DomainKeeper } from "./handlers/keep-domains.js";
import { readRequest } from "./handlers/read-request.js";
import { receiveMessage } from "./handlers/receive-message.js";
import { receiveOptions } from "./handlers/receive-options.js";
import { receiveRegister } from "./handlers/receive-register.js";
import { RequestDoor } from "./handlers/receive-request.js";
import { refuseOthers } from "./handlers/refuse-others.js";
import { relayOverFlow } from "./handlers/relay-over-flow.js";
import { sendPagerMessage } from "./handlers/send-pager-message.js";
import type { UseCase, World } from "./ports.js";

/** What the edge is made of. */
export interface Ports {
  readonly bus: Bus;
  readonly stack: SipStack;
  /** Dialogs of somebody else's; those over the stack when there are none. */
  readonly dialogs?: Dialogs;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Reporting & { readonly tracing?: Pick<Tracing, "follow"> };
}

/** What an operator decides that the edge itself needs: listeners and certificates are the stack's. */
export type EdgeConfig = Omit<Config, "listen" | "tls">;

/** How long a message that is sent on over a flow may take: less than its sender waits. @spec GEN-37 */
const relayWithinMs = 31_000;

/** The SIP edge, composed: it starts and stops the stack that it is given. */
export function createSipEdge(ports: Ports & { readonly config: EdgeConfig }): Service {
  const { bus, stack, clock, telemetry, config } = ports;
  const { nodeId: node } = config;
  const events = reportEvents(telemetry);
  const flowUsers = new FlowUsers(config.maxFlowUsers);
  const addresses = addressesAt([], config.names);
  const domains = new DomainKeeper({ bus, clock, events });
  const world: World = {
    addressBook: () => domains.current && { domains: domains.current, own: addresses.own },
    sourceOf: ({ flow }) => sourceOf(flow, config.trustedCores, config.neighbours),
  };
  const outside = { assertsOutside: config.assertsOutside };
  const dialogs = ports.dialogs ?? dialogsOver({ ...ports, events, reach: () => addresses.reach });
  const parts = { ...ports, dialogs, events, flowUsers, world, outside, addresses };
  const { door, sessions } = composeDoor(parts);
  telemetry.metrics.gauge(
    "heliograph_sip_edge_in_hand",
    "Requests that wait for their answer",
    () => door.inHand,
  );
  observeStack(stack, telemetry.metrics);

  const forget = forgetFlow({ bus, flowUsers, events, clock, node });
  return {
    start: async () => {
      stack.onRequest((incoming) => door.receive(incoming));
      stack.onFlowClosed((flow) => {
        forget(flow);
        dialogs.flowClosed(flow);
      });
      await serveBus(parts, domains);
      await sessions.serve();
      await domains.refresh();
      await stack.start();
      Object.assign(addresses, addressesAt(reachablePoints(stack.listeningPoints), config.names));
      events.listening(stack.listeningPoints);
    },
    stop: async () => {
      domains.stop();
      const sinceMs = clock.monotonicMs();
      await sessions.drain(config.drainMs);
      await stack.drain(Math.max(0, config.drainMs - (clock.monotonicMs() - sinceMs)));
      await stack.stop();
    },
    health: [{ name: "domains", check: () => domains.mustBeKnown() }],
  };
}

/** What leads here, and what is told of it. */
interface Addresses {
  own: OwnAddresses;
  reach: Reach;
}

const addressesAt = (points: readonly ListeningPoint[], names: readonly string[]): Addresses => ({
  own: new OwnAddresses(points, names),
  reach: { points, names },
});

interface Parts extends Ports {
  readonly dialogs: Dialogs;
  readonly config: EdgeConfig;
  readonly events: Events;
  readonly flowUsers: FlowUsers;
  readonly world: World;
  readonly outside: OutsidePolicy;
  readonly addresses: Addresses;
}

/** Which use case answers which request. */
function composeDoor(parts: Parts): { readonly door: RequestDoor; readonly sessions: Sessions } {
  const { bus, chance, clock, config, dialogs, events, flowUsers, world } = parts;
  const { federation, neighbours, nodeId: node, priorities } = config;
  const tokens = new FlowTokens(hmacUnderFreshKey());
  const read = readRequest({ world, tokens, events });
  const identified = identify({ bus, flowUsers, events, clock, admission: { federation, neighbours } });
  const sessions = sessionsOver(parts, { read, identify: identified });
  const door = new RequestDoor({
    useCases: {
      REGISTER: receiveRegister({ bus, world, flowUsers, events, node }),
      OPTIONS: receiveOptions({ bus, read, identify: identified, events, priorities }),
      MESSAGE: messages(parts, { read, identify: identified, tokens }),
    },
    receiveInvite: sessions.receiveInvite,
    dialogs,
    refuse: refuseOthers({ events }),
    tag: () => chance.token(8),
    events,
    server: config.server,
    maxInHand: config.maxInHand,
    queue: new StandingQueue({ longestMs: config.shedAboveMs }),
    clock,
  });
  return { door, sessions };
}

/** What is looked at in every request. */
interface Reading {
  readonly read: ReturnType<typeof readRequest>;
  readonly identify: ReturnType<typeof identify>;
}

function sessionsOver(parts: Parts, reading: Reading): Sessions {
  const { addresses, telemetry } = parts;
  return composeSessions({
    ...parts,
    ...reading,
    metrics: telemetry.metrics,
    reach: () => addresses.reach,
  });
}

/** A share of all messages is followed from here on, through every service that they reach. */
function messages(
  { bus, stack, clock, chance, config, events, outside, telemetry }: Parts,
  { tokens, ...reading }: Reading & { readonly tokens: FlowTokens },
): UseCase {
  const { nodeId: node, names, priorities, requiresServiceTag } = config;
  const tracing = telemetry.tracing ?? noTracing;
  const serve = receiveMessage({
    ...reading,
    bus,
    relayOverFlow: relayOverFlow({ stack, tokens, outside, timeoutMs: relayWithinMs }),
    openRequests: new OpenRequests(),
    ids: new MessageIds(clock, chance),
    clock,
    events,
    rules: { priorities, requiresServiceTag },
    host: names[0] ?? node,
  });
  return (incoming) => tracing.follow("sip-edge/receive-message", () => serve(incoming));
}

/** Which use case serves or hears which subject. */
async function serveBus(
  { bus, stack, config, events, flowUsers, outside }: Parts,
  domains: DomainKeeper,
): Promise<void> {
  const { nodeId: node } = config;
  await bus.serve(sipEdge.sendPagerMessage, { node }, sendPagerMessage({ stack, events, outside }));
  await bus.serve(
    sipEdge.forwardPagerMessage,
    {},
    forwardPagerMessage({ stack, events, outside, admission: config }),
  );
  await bus.listen(sipCore.subscriberChanged, {}, `sip-edge-${node}`, async ({ aor }) => {
    if (aor === undefined) await domains.refresh();
    else flowUsers.forget(aor);
  });
}
