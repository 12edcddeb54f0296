import type { sipCore, SessionAnswer } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import {
  decideSessionTermination,
  type SessionTerminationDecision,
  storeOrRefuse,
} from "../domain/decide-session-termination.js";
import { bindingsOfInstance } from "../domain/addressed-user.js";
import { planForOutside, plansForUser } from "../domain/leg-plan.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import type { PendingLimits } from "../delivery/pending-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Reachability } from "../ports.js";
import type { AnswerFirst } from "./answer-first.js";
import type { Media, Placed } from "./media.js";
import type { Call } from "./open-calls.js";
import type { Ring } from "./ring.js";
import type { StoreCall } from "./store-call.js";
import type { Groups } from "./targets.js";

interface Deps {
  readonly ring: Ring;
  readonly answerFirst: AnswerFirst;
  readonly storeCall: StoreCall;
  readonly media: Media;
  readonly pendingTo: PendingLimits;
  readonly events: Pick<Events, "refused">;
  readonly sessionLimits: SessionLimits;
  /** What becomes of a session whose callee is away. */
  readonly sessionOffline: "refuse" | "store";
}

/** A call at the half of its callee, with what is known of him. */
interface ArrivingCall {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly profile: sipCore.Profile;
  /** Of the callee's devices this one alone is meant; undefined: all are. @spec SC-14 */
  readonly instance: string | undefined;
  readonly reachability: Reachability;
  /** How many sessions the callee has. */
  readonly sessions: number;
}

/** The terminating half: to the devices, or to the deferred store, or back with a refusal. */
export type TerminateCall = (arriving: ArrivingCall) => Promise<SessionAnswer>;

/** Does what `decideSessionTermination` says, and what the devices' answers amount to. @spec PF-02 @spec PF-06 @spec PF-07 @spec PF-12 @spec PF-43 @spec DF-02 @spec DF-03 */
export function terminateCall(deps: Deps): TerminateCall {
  const { media, events, sessionLimits, pendingTo } = deps;
  return async (arriving) => {
    const { aor } = arriving.profile;
    if (!pendingTo.enter(aor)) return refuse(events, arriving.call.invitation, "callee-sessions");
    try {
      return await terminate(arriving);
    } finally {
      pendingTo.leave(aor);
    }
  };

  async function terminate(arriving: ArrivingCall): Promise<SessionAnswer> {
    const { call, facts } = arriving;
    const { invitation } = call;
    const groups = groupsFor(arriving);
    const decision = decide(arriving, groups.length > 0);
    if (decision.kind === "refuse") return refuse(events, invitation, decision.name, decision.details);
    const policy = mediaPolicyFor(facts, sessionLimits);
    const placed = await media.place(invitation.id, facts.content.description, policy);
    if (placed.kind === "refuse") return refuse(events, invitation, placed.name, placed.details);
    call.anchor = placed.anchor;
    switch (decision.kind) {
      case "invite":
        return invite(deps, arriving, placed, groups);
      case "answer-first": {
        const { profile } = arriving;
        const answered = await deps.answerFirst({ call, facts, profile, placed, groups });
        return answered ?? invite(deps, arriving, placed, groups);
      }
      case "store":
        return deps.storeCall(
          { call, facts, placed, offer: decision.offer, owner: arriving.profile.aor },
          decision.messages,
        );
      default:
        return unreachable(decision);
    }
  }

  function decide(
    { call: { invitation }, facts, profile, reachability, sessions }: ArrivingCall,
    canRing: boolean,
  ): SessionTerminationDecision {
    return decideSessionTermination({
      invitation,
      facts,
      profile,
      canRing,
      isQueued: reachability.isQueued && invitation.route.length === 0,
      sessions,
      maxSessions: sessionLimits.maxSessions,
      whenOffline: deps.sessionOffline,
      isAnchored: media.isAnchored,
    });
  }
}

/** The devices, and what becomes of the call where none of them can be reached. @spec DF-03 */
function invite(
  { ring, storeCall, media, events, sessionOffline }: Deps,
  { call, facts, profile }: ArrivingCall,
  placed: Placed,
  groups: Groups,
): Promise<SessionAnswer> {
  return ring({
    call,
    facts,
    placed,
    calleeAor: profile.aor,
    groups,
    onUnreachable: async ({ isBusy, why }) => {
      const next = storeOrRefuse({ facts, profile, whenOffline: sessionOffline }, "away");
      if (next.kind === "store") {
        return storeCall({ call, facts, placed, offer: next.offer, owner: profile.aor }, next.messages);
      }
      await media.close(placed.anchor);
      return refuse(events, call.invitation, isBusy ? "busy" : "unanswered", { because: why });
    },
  });
}

/** A core that named a route knows where the user is: the route counts as one device. */
function groupsFor({ call: { invitation }, facts, instance, reachability }: ArrivingCall): Groups {
  if (invitation.route.length > 0) return [[[planForOutside(invitation, facts)]]];
  return plansForUser(bindingsOfInstance(reachability.bindings, instance), invitation, facts);
}
