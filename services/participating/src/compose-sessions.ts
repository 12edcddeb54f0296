import { type Bus, msrpRelay, participating, sipCore, sipEdge } from "@heliograph/contracts";
import type { Chance, Clock, Timer } from "@heliograph/kernel";
import type { SessionConfig } from "./config.js";
import type { Events } from "./events.js";
import { PendingLimits } from "./delivery/pending-limits.js";
import { checkRinging } from "./handlers/check-ringing.js";
import { checkConversations } from "./handlers/check-conversations.js";
import { hearRegistrationRemoved } from "./handlers/hear-registration-removed.js";
import { hearSessionLost } from "./handlers/hear-session-lost.js";
import { leaveSession } from "./handlers/leave-session.js";
import { relayInDialog } from "./handlers/relay-in-dialog.js";
import { renewLegs } from "./handlers/renew-legs.js";
import { originateSession } from "./handlers/originate-session.js";
import { pushLargeMessage } from "./handlers/push-large-message.js";
import { stopRinging } from "./handlers/stop-ringing.js";
import { sweepConversations } from "./handlers/sweep-conversations.js";
import { takeAcknowledgement } from "./handlers/take-acknowledgement.js";
import { terminateSession } from "./handlers/terminate-session.js";
import type { Conversations, Profiles, RateLimits, Registrations } from "./ports.js";
import { answerFirst } from "./sessions/answer-first.js";
import { checkRegistrations } from "./sessions/check-registrations.js";
import { admit } from "./sessions/admit.js";
import { endConversation } from "./sessions/end-conversation.js";
import { establish } from "./sessions/establish.js";
import { forwardCall } from "./sessions/forward-call.js";
import { fork } from "./sessions/fork.js";
import { joinCallee } from "./sessions/join-callee.js";
import { Legs } from "./sessions/legs.js";
import { Media } from "./sessions/media.js";
import { moveConversation } from "./sessions/move-conversation.js";
import { OfferTurns } from "./sessions/offer-turns.js";
import { OpenCalls } from "./sessions/open-calls.js";
import { pushCall } from "./sessions/push-call.js";
import { Reanchoring } from "./sessions/reanchor.js";
import { Renegotiation } from "./sessions/renegotiation.js";
import { ring } from "./sessions/ring.js";
import { RingingLegs } from "./sessions/ringing-legs.js";
import { ringOn } from "./sessions/ring-on.js";
import { retrieveCall } from "./sessions/retrieve-call.js";
import { storeCall } from "./sessions/store-call.js";
import { tellCaller } from "./sessions/tell-caller.js";
import { takeCall } from "./sessions/take-call.js";
import { terminateCall } from "./sessions/terminate-call.js";

/** What sessions need of the world. */
export interface SessionPorts {
  readonly bus: Bus;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly conversations: Conversations;
  readonly rateLimits: RateLimits;
  readonly profiles: Profiles;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Events;
}

/** What `composeSessions` leaves running. */
export interface ComposedSessions {
  /** Takes back what rings, and looks after conversations no more; settles when nobody waits for a device any more. */
  stop(): Promise<void>;
}

/** Sessions on one screen: which subject is served by which use case. `ownQueue` names this process among its like. */
export async function composeSessions(
  ports: SessionPorts,
  config: SessionConfig & { readonly rateWindowMs: number },
  ownQueue: string,
): Promise<ComposedSessions> {
  const { bus, clock } = ports;
  const ringing = new RingingLegs(ports.chance, ownQueue);
  const { node } = ringing;
  const { handlers, calls } = createHandlers(ports, config, ringing);
  const renew = renewLegs({ ...ports, openCalls: () => [...calls.all(), ...ringing.all()] });
  await Promise.all([
    bus.serve(participating.originateSession, {}, handlers.originate),
    bus.serve(participating.terminateSession, {}, handlers.terminate),
    bus.serve(participating.takeAcknowledgement, {}, handlers.acknowledge),
    bus.serve(participating.relayInDialog, {}, handlers.relay),
    bus.serve(participating.leaveSession, {}, handlers.leave),
    bus.serve(participating.checkConversations, {}, checkConversations(ports)),
    bus.serve(participating.checkRinging, { node }, checkRinging({ ringing })),
    bus.serve(participating.stopRinging, { node }, stopRinging({ ringing })),
    bus.serve(participating.pushLargeMessage, {}, handlers.push),
    bus.listen(sipEdge.inviteCancelled, {}, ownQueue, async ({ invitation, reason }) =>
      calls.of(invitation)?.cancel(reason),
    ),
    bus.listen(sipEdge.legProgressed, {}, ownQueue, async ({ conversation, leg, status }) =>
      calls.of(conversation)?.progressed(leg, status),
    ),
    bus.listen(msrpRelay.sessionLost, {}, "participating", handlers.lost),
    bus.listen(sipCore.registrationRemoved, {}, "participating", handlers.unregistered),
  ]);
  const sweeping = repeat(clock, config.sweepMs, handlers.sweep);
  const renewing = repeat(clock, renewEveryMs, renew);
  return {
    async stop() {
      sweeping.cancel();
      calls.stop();
      await ringing.stop();
      renewing.cancel();
    },
  };
}

/** An edge gives up a leg that is not renewed for three times as long. */
const renewEveryMs = 2_500;

/** Runs work again and again, each time so long after the last time was over. */
function repeat(clock: Pick<Clock, "after">, everyMs: number, work: () => Promise<void>): Timer {
  let isOver = false;
  let timer = later();
  return {
    cancel() {
      isOver = true;
      timer.cancel();
    },
  };

  function later(): Timer {
    return clock.after(everyMs, () => {
      void work().then(() => {
        if (!isOver) timer = later();
      });
    });
  }
}

function createHandlers(
  ports: SessionPorts,
  config: SessionConfig & { readonly rateWindowMs: number },
  ringing: RingingLegs,
) {
  const deps = { ...ports, ...config, maxSessions: config.sessionLimits.maxSessions };
  const calls = new OpenCalls();
  const media = new Media(deps);
  const legs = new Legs(deps);
  const ends = { ...deps, media, legs, calls };
  const ending = endConversation(ends);
  const forking = fork(ends);
  const moving = {
    ...ends,
    fork: forking,
    endConversation: ending,
    reanchoring: new Reanchoring(ends),
    turns: new OfferTurns(deps),
  };
  const establishing = establish(ends);
  const answering = { ...ends, establish: establishing };
  const ringDevices = ring({ ...answering, fork: forking });
  const joining = joinCallee({ ...moving, tellCaller: tellCaller(moving) });
  const shared = {
    ...answering,
    pushCall: pushCall({ ...answering, fork: forking }),
    takeCall: takeCall({ ...ends, pendingFrom: new PendingLimits(deps.maxSessions) }),
    admit: admit(deps),
    retrieveCall: retrieveCall(answering),
    forwardCall: forwardCall({ ...answering, ring: ringDevices }),
    terminateCall: terminateCall({
      ...answering,
      ring: ringDevices,
      answerFirst: answerFirst({ ...ends, ringing, ringOn: ringOn({ ...moving, joinCallee: joining }) }),
      storeCall: storeCall(answering),
      pendingTo: new PendingLimits(deps.maxSessions),
    }),
    endConversation: ending,
    moveConversation: moveConversation(moving),
    checkRegistrations: checkRegistrations({ ...ends, endConversation: ending }),
    renegotiation: new Renegotiation(moving),
  };
  const handlers = {
    originate: originateSession(shared),
    terminate: terminateSession(shared),
    acknowledge: takeAcknowledgement(shared),
    relay: relayInDialog(shared),
    leave: leaveSession(shared),
    push: pushLargeMessage(shared),
    lost: hearSessionLost(shared),
    unregistered: hearRegistrationRemoved(shared),
    sweep: sweepConversations({ ...shared, node: ringing.node }),
  };
  return { handlers, calls };
}
