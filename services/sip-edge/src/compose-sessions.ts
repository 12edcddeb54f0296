import { type Bus, sipEdge } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Dialogs, SipStack } from "@heliograph/sip";
import type { Metrics } from "@heliograph/telemetry";
import type { Config } from "./config.js";
import { LegLeases } from "./domain/leg-leases.js";
import type { Reach } from "./domain/leg-contact.js";
import { Legs } from "./domain/legs.js";
import { MessageIds } from "./domain/message-ids.js";
import { OpenRequests } from "./domain/open-requests.js";
import { WaitingSources } from "./domain/waiting-sources.js";
import type { OutsidePolicy } from "./domain/write-pager-message.js";
import type { Events } from "./events.js";
import { acknowledgeLeg } from "./handlers/acknowledge-leg.js";
import { cancelLeg } from "./handlers/cancel-leg.js";
import { checkLegs } from "./handlers/check-legs.js";
import { drainSessions } from "./handlers/drain-sessions.js";
import { endLeg } from "./handlers/end-leg.js";
import { followDialog } from "./handlers/follow-dialog.js";
import type { identify } from "./handlers/identify.js";
import { inviteLeg } from "./handlers/invite-leg.js";
import { leaveSession } from "./handlers/leave-session.js";
import { progressLeg } from "./handlers/progress-leg.js";
import type { readRequest } from "./handlers/read-request.js";
import { receiveInvite } from "./handlers/receive-invite.js";
import { relayFromDialog } from "./handlers/relay-from-dialog.js";
import { renewLegs } from "./handlers/renew-legs.js";
import { sendInDialog } from "./handlers/send-in-dialog.js";
import { submitInvitation } from "./handlers/submit-invitation.js";
import { LeaseKeeper } from "./handlers/sweep-leases.js";
import { LegSweeper } from "./handlers/sweep-legs.js";
import { takeAck } from "./handlers/take-ack.js";

/** What sessions need of the edge. */
interface SessionParts {
  readonly bus: Bus;
  readonly stack: SipStack;
  readonly dialogs: Dialogs;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly metrics: Pick<Metrics, "gauge">;
  readonly events: Events;
  readonly config: Pick<
    Config,
    "federation" | "maxLegs" | "names" | "neighbours" | "nodeId" | "priorities" | "requiresServiceTag"
  >;
  readonly outside: OutsidePolicy;
  readonly reach: () => Reach;
  readonly read: ReturnType<typeof readRequest>;
  readonly identify: ReturnType<typeof identify>;
}

/** Sessions, composed. */
export interface Sessions {
  readonly receiveInvite: ReturnType<typeof receiveInvite>;
  /** Serves what participating asks of this node's dialogs. */
  serve(): Promise<void>;
  /** Ends all of them. */
  readonly drain: ReturnType<typeof drainSessions>;
}

const incarnationBytes = 8;

/** A source address may have a tenth of all legs waiting, and some in any case: there are homes and offices behind one. */
const sharesOfSource = 10;
const fewestPerSource = 100;

/** Which use case begins, follows and ends the dialogs of this node. */
export function composeSessions(parts: SessionParts): Sessions {
  const { clock, chance, dialogs, events, config, bus, metrics } = parts;
  const { nodeId: node, names, priorities, requiresServiceTag } = config;
  const legs = new Legs(config.maxLegs);
  metrics.gauge(
    "heliograph_sip_edge_session_legs",
    "Legs of sessions, those that ring included",
    () => legs.size,
  );
  metrics.gauge(
    "heliograph_sip_edge_dialogs",
    "Dialogs that are open, early ones included",
    () => dialogs.size,
  );
  const incarnation = chance.token(incarnationBytes);
  const sweeper = new LegSweeper({ bus, legs, clock, events });
  const leases = new LegLeases();
  const keeper = new LeaseKeeper({ legs, leases, clock, events });
  const leave = leaveSession({ bus, clock, events });
  const acks = takeAck({ bus, events });
  const relay = relayFromDialog({ bus, events, takeAck: acks });
  const follow = followDialog({ legs, leave, relay, events });
  const shared = { ...parts, legs, leases, follow, node, incarnation };
  return {
    receiveInvite: receiveInvite({
      ...shared,
      submit: submitInvitation({ ...shared, leave, takeAck: acks, host: names[0] ?? node }),
      openRequests: new OpenRequests(),
      sources: new WaitingSources(Math.max(fewestPerSource, config.maxLegs / sharesOfSource)),
      ids: new MessageIds(clock, chance),
      rules: { priorities, requiresServiceTag },
    }),
    serve: async () => {
      await serveLegs(shared);
      sweeper.start();
      keeper.start();
    },
    drain: drainSessions({ dialogs, legs, stop: () => [sweeper, keeper].forEach((one) => one.stop()) }),
  };
}

type Shared = SessionParts &
  Pick<Parameters<typeof inviteLeg>[0], "legs" | "follow" | "node" | "incarnation"> & {
    readonly leases: LegLeases;
  };

/** Which use case serves which subject. */
async function serveLegs(shared: Shared): Promise<void> {
  const { bus, legs, leases, node, events, incarnation, config, clock } = shared;
  const end = endLeg({ legs, events });
  await bus.serve(sipEdge.inviteLeg, { node }, inviteLeg({ ...shared, admission: config }));
  await bus.serve(sipEdge.cancelLeg, { node }, cancelLeg({ legs, end }));
  await bus.serve(sipEdge.acknowledgeLeg, { node }, acknowledgeLeg({ legs }));
  await bus.serve(sipEdge.progressLeg, { node }, progressLeg({ legs }));
  await bus.serve(sipEdge.sendInDialog, { node }, sendInDialog({ legs, clock }));
  await bus.serve(sipEdge.endLeg, { node }, end);
  await bus.serve(sipEdge.renewLegs, { node }, renewLegs({ legs, leases }));
  await bus.serve(sipEdge.checkLegs, { node }, checkLegs({ legs, incarnation }));
}
