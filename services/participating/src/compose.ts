import { type Bus, participating, sipCore } from "@heliograph/contracts";
import type { Inflater } from "@heliograph/im-bodies";
import type { Chance, Clock } from "@heliograph/kernel";
import { CachedProfiles } from "./adapters/cached-profiles.js";
import { composeSessions } from "./compose-sessions.js";
import type { Config } from "./config.js";
import { defer } from "./delivery/defer.js";
import { deliverToDevices } from "./delivery/deliver-to-devices.js";
import { forward, forwardLeg } from "./delivery/forward.js";
import { LineUp } from "./delivery/line-up.js";
import { neverThrowing } from "./delivery/never-throwing.js";
import { OncePerMessage } from "./delivery/once-per-message.js";
import { OneAtATime } from "./delivery/one-at-a-time.js";
import { PendingLimits } from "./delivery/pending-limits.js";
import { readArrival } from "./delivery/read-arrival.js";
import { takeTurn } from "./delivery/take-turn.js";
import { terminate } from "./delivery/terminate.js";
import type { Events } from "./events.js";
import { originatePagerMessage } from "./handlers/originate-pager-message.js";
import { pushDeferredMessage } from "./handlers/push-deferred-message.js";
import { sendNotification } from "./handlers/send-notification.js";
import { terminatePagerMessage } from "./handlers/terminate-pager-message.js";
import type { Conversations, RateLimits, RecentMessages, Registrations } from "./ports.js";

/** Everything that the service needs of the world. */
export interface Ports {
  readonly bus: Bus;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly recentMessages: RecentMessages;
  readonly rateLimits: RateLimits;
  readonly conversations: Conversations;
  readonly inflater: Inflater;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Events;
}

/** What `compose` leaves running. */
export interface Composed {
  /** Lets go of what would take long, and settles when what is in hand has an outcome. */
  settled(): Promise<void>;
}

/** The whole service on one screen: which subject is served by which use case, and with what. */
export async function compose(ports: Ports, config: Config): Promise<Composed> {
  const { bus, events } = ports;
  const profiles = new CachedProfiles({ ...ports, ...config });
  const { handlers, settled } = createHandlers(ports, config, profiles);
  const ownQueue = ownQueueName(ports.chance);
  const sessions = await composeSessions({ ...ports, profiles }, config, ownQueue);
  await Promise.all([
    bus.listen(sipCore.subscriberChanged, {}, ownQueue, async ({ aor }) => profiles.forget(aor)),
    bus.serve(
      participating.originatePagerMessage,
      {},
      neverThrowing(events, "originate", handlers.originate),
    ),
    bus.serve(
      participating.terminatePagerMessage,
      {},
      neverThrowing(events, "terminate", handlers.terminate),
    ),
    bus.serve(participating.sendNotification, {}, neverThrowing(events, "notify", handlers.notify)),
    bus.serve(participating.pushDeferredMessage, {}, handlers.push),
  ]);
  return {
    async settled() {
      await Promise.all([sessions.stop(), settled()]);
    },
  };
}

/** With the delivery budget after it, well inside the sender's 32 s. */
const longestLineMs = 4_000;

/** Every process has a cache, and calls of its own, so every process hears of a change. */
function ownQueueName(chance: Chance): string {
  return `participating-${chance.token(8).replace(/[^A-Za-z0-9]/g, "")}`;
}

function createHandlers(ports: Ports, config: Config, profiles: CachedProfiles) {
  const { limits, maxPending } = config;
  const deps = { ...ports, ...config, profiles };
  const oneAtATime = new OneAtATime();
  const once = new OncePerMessage({ ...deps, waitMs: config.deliveryBudgetMs + 10_000 });
  const deliver = deliverToDevices(deps);
  const terminating = terminate({
    ...deps,
    deliver,
    forwardLeg: forwardLeg(deps),
    defer: defer(deps),
    lineUp: new LineUp({ ...deps, patienceMs: Math.min(longestLineMs, config.deliveryBudgetMs / 2) }),
  });
  const shared = {
    ...deps,
    limits,
    once,
    oneAtATime,
    deliver,
    terminate: terminating,
    forward: forward(deps),
    readArrival: readArrival(ports.inflater, config.imdnUser),
    takeTurn: takeTurn({
      ...deps,
      pendingFrom: new PendingLimits(maxPending),
      pendingTo: new PendingLimits(maxPending),
    }),
  };
  const handlers = {
    originate: originatePagerMessage(shared),
    terminate: terminatePagerMessage(shared),
    notify: sendNotification(shared),
    push: pushDeferredMessage(shared),
  };
  return { handlers, settled: () => once.settled() };
}
