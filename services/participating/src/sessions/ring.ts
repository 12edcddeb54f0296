import type { SessionAnswer, SessionBody } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { chooseSessionAnswer } from "../domain/choose-session-answer.js";
import type { LegPlan } from "../domain/leg-plan.js";
import { refuse } from "../delivery/refuse.js";
import type { RefusalDetails, RefusalName } from "../domain/refusals.js";
import type { SessionFacts } from "../domain/session-facts.js";
import type { Events } from "../events.js";
import type { Establish } from "./establish.js";
import type { Fork, Target } from "./fork.js";
import type { Media, Placed } from "./media.js";
import type { Call } from "./open-calls.js";

interface Deps {
  readonly fork: Fork;
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused">;
}

/** Places to ring, and what the caller is told when none of them answers. */
export interface Ringing {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly placed: Placed;
  readonly calleeAor: string;
  /** For each preference the places, for each place its ways. */
  readonly groups: readonly (readonly (readonly LegPlan[])[])[];
  /** Nobody could be reached now; the media are still in place, and whoever handles this lets go of them. */
  readonly onUnreachable: (because: {
    readonly isBusy: boolean;
    readonly why: string;
  }) => Promise<SessionAnswer>;
}

/** Rings, and makes a session with who answers. */
export type Ring = (ringing: Ringing) => Promise<SessionAnswer>;

/** @spec PF-06 @spec PF-43 @spec GEN-40 */
export function ring({ fork, establish, media, events }: Deps): Ring {
  return async ({ call, facts, placed, calleeAor, groups, onUnreachable }) => {
    const forked = await fork(call, toTargets(groups, bodies(call, facts, placed)));
    switch (forked.kind) {
      case "accepted":
        return establish({ call, facts, placed, calleeAor, callee: forked.accepted });
      case "cancelled":
        return refuseAndLetGo("cancelled");
      case "failed": {
        const answer = chooseSessionAnswer(forked.answers);
        return answer.kind === "unreachable"
          ? onUnreachable(answer)
          : refuseAndLetGo(answer.name, answer.details);
      }
      default:
        return unreachable(forked);
    }

    async function refuseAndLetGo(name: RefusalName, details?: RefusalDetails): Promise<SessionAnswer> {
      await media.close(placed.anchor);
      return refuse(events, call.invitation, name, details);
    }
  };
}

type BodyFor = (reach: LegPlan["reach"]) => SessionBody | undefined;

function toTargets(groups: Ringing["groups"], bodyFor: BodyFor): readonly (readonly Target[])[] {
  return groups.map((group) =>
    group.map((plans) => ({ ways: plans.map((plan) => ({ ...plan, body: bodyFor(plan.reach) })) })),
  );
}

/** What is offered, by how the other end reaches the relay; written once for each. Media that go past us stay as they were written. */
function bodies({ invitation }: Call, { content }: SessionFacts, { anchor, offerFor }: Placed): BodyFor {
  if (!anchor || !offerFor) return () => invitation.body;
  const written = new Map<LegPlan["reach"], SessionBody>();
  return (reach) => {
    const body = written.get(reach) ?? content.with(offerFor(reach));
    written.set(reach, body);
    return body;
  };
}
