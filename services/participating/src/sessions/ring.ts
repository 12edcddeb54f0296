import type { SessionAnswer } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { chooseSessionAnswer, detailsForCaller } from "../domain/choose-session-answer.js";
import { refuse } from "../delivery/refuse.js";
import type { RefusalDetails, RefusalName } from "../domain/refusals.js";
import type { SessionFacts } from "../domain/session-facts.js";
import type { Events } from "../events.js";
import type { Establish } from "./establish.js";
import type { Fork } from "./fork.js";
import type { Media, Placed } from "./media.js";
import type { Call } from "./open-calls.js";
import { type Groups, targetsFor } from "./targets.js";

interface Deps {
  readonly fork: Fork;
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused">;
}

/** Places to ring, and what the caller is told when none of them answers. */
interface Ringing {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly placed: Placed;
  readonly calleeAor: string;
  readonly groups: Groups;
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
    const forked = await fork(call, targetsFor({ call, facts, placed, groups }));
    switch (forked.kind) {
      case "accepted":
        return establish({
          call,
          facts,
          placed,
          callerAor: call.invitation.sender.aor,
          calleeAor,
          callee: { ...forked, ...forked.accepted },
        });
      case "cancelled":
        return refuseAndLetGo(call.cancelName);
      case "failed": {
        const answer = chooseSessionAnswer(forked.answers);
        return answer.kind === "unreachable"
          ? onUnreachable(answer)
          : refuseAndLetGo(answer.name, detailsForCaller(answer, forked.answers));
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
