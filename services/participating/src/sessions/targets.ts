import type { SessionBody } from "@heliograph/contracts";
import type { LegPlan } from "../domain/leg-plan.js";
import type { SessionFacts } from "../domain/session-facts.js";
import type { Target } from "./fork.js";
import type { Placed } from "./media.js";
import type { Call } from "./open-calls.js";

/** Places to ring: for each preference the places, for each place its ways. */
export type Groups = readonly (readonly (readonly LegPlan[])[])[];

interface Offered {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly placed: Placed;
  readonly groups: Groups;
}

/** The places with what each is offered. @spec PF-08 @spec PF-15 */
export function targetsFor({ call, facts, placed, groups }: Offered): readonly (readonly Target[])[] {
  const bodyFor = bodies(call, facts, placed);
  return groups.map((group) =>
    group.map((plans) => ({ ways: plans.map((plan) => ({ ...plan, body: bodyFor(plan.reach) })) })),
  );
}

type BodyFor = (reach: LegPlan["reach"]) => SessionBody | undefined;

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
