import { type Bus, sipCore, sipEdge } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Service } from "@heliograph/runtime";
import type { SipStack } from "@heliograph/sip";
import { hmacUnderFreshKey } from "./adapters/hmac.js";
import { reachablePoints } from "./adapters/reachable-points.js";
import type { Config } from "./config.js";
import { FlowTokens } from "./domain/flow-token.js";
import { FlowUsers } from "./domain/flow-users.js";
import { MessageIds } from "./domain/message-ids.js";
import { OpenRequests } from "./domain/open-requests.js";
import { OwnAddresses } from "./domain/own-addresses.js";
import { sourceOf } from "./domain/source.js";
import { type Reporting, reportEvents } from "./events.js";
import { forgetFlow } from "./handlers/forget-flow.js";
import { forwardPagerMessage } from "./handlers/forward-pager-message.js";
import { identify } from "./handlers/identify.js";
import { DomainKeeper } from "./handlers/keep-domains.js";
import { receiveMessage } from "./handlers/receive-message.js";
import { receiveOptions } from "./handlers/receive-options.js";
import { receiveRegister } from "./handlers/receive-register.js";
import { RequestDoor } from "./handlers/receive-request.js";
import { refuseOthers } from "./handlers/refuse-others.js";
import { relayOverFlow } from "./handlers/relay-over-flow.js";
import { sendPagerMessage } from "./handlers/send-pager-message.js";
import type { World } from "./ports.js";

/** What the edge is made of. */
export interface Ports {
  readonly bus: Bus;
  readonly stack: SipStack;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Reporting;
}

/** What an operator decides that the edge itself needs: listeners and certificates are the stack's. */
export type EdgeConfig = Omit<Config, "listen" | "tls">;

/** How long a message that is sent on over a flow may take: less than its sender waits. @spec GEN-37 */
const relayWithinMs = 31_000;

/** The SIP edge, composed: it starts and stops the stack that it is given. */
export function createSipEdge({ bus, stack, clock, chance, telemetry, config }: Ports & { readonly config: EdgeConfig }): Service {
  const events = reportEvents(telemetry);
  const { nodeId: node, neighbours, federation, priorities } = config;
  const flowUsers = new FlowUsers(config.maxFlowUsers);
  let own = new OwnAddresses([], config.names);
  const domains = new DomainKeeper({ bus, clock, events, isOwnPort: (port) => own.hasPort(port) });
  const world: World = {
    addressBook: () => domains.current && { domains: domains.current, own },
    sourceOf: ({ flow }) => sourceOf(flow, config.trustedCores, neighbours),
  };
  const tokens = new FlowTokens(hmacUnderFreshKey());
  const outside = { assertsOutside: config.assertsOutside };
  const admission = { federation, neighbours };
  const identification = identify({ bus, flowUsers, events, clock, admission });
  const host = config.names[0] ?? node;
  const door = new RequestDoor({
    useCases: {
      REGISTER: receiveRegister({ bus, world, flowUsers, events, node }),
      OPTIONS: receiveOptions({ bus, world, identify: identification, events, priorities }),
      MESSAGE: receiveMessage({
        bus,
        world,
        identify: identification,
        relayOverFlow: relayOverFlow({ stack, tokens, outside, timeoutMs: relayWithinMs }),
        tokens,
        openRequests: new OpenRequests(),
        ids: new MessageIds(clock, chance),
        clock,
        events,
        priorities,
        requiresServiceTag: config.requiresServiceTag,
        host,
      }),
    },
    refuse: refuseOthers({ events }),
    tag: () => chance.token(8),
    events,
    server: config.server,
    maxInHand: config.maxInHand,
  });

  return {
    start: async () => {
      await bus.serve(sipEdge.sendPagerMessage, { node }, sendPagerMessage({ stack, events, outside }));
      await bus.serve(sipEdge.forwardPagerMessage, {}, forwardPagerMessage({ stack, events, outside, admission }));
      await bus.listen(sipCore.subscriberChanged, {}, `sip-edge-${node}`, async ({ aor }) => {
        if (aor === undefined) await domains.refresh();
        else flowUsers.forget(aor);
      });
      stack.onRequest((incoming) => door.receive(incoming));
      stack.onFlowClosed(forgetFlow({ bus, flowUsers, events, clock, node }));
      await domains.refresh();
      await stack.start();
      own = new OwnAddresses(reachablePoints(stack.listeningPoints), config.names);
      events.listening(stack.listeningPoints.map(({ transport, address, port }) => `${transport}:${address}:${port}`));
    },
    stop: async () => {
      domains.stop();
      await stack.drain(config.drainMs);
      await stack.stop();
    },
    health: [{ name: "domains", check: () => { if (!domains.current) throw new Error("sip-core has not told the domains yet"); } }],
  };
}
