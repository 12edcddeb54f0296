import type { Bus, sipCore } from "@heliograph/contracts";
import { chooseSessionAnswer, reasonToEnd, type Unanswered } from "../domain/choose-session-answer.js";
import { storeOrRefuse } from "../domain/decide-session-termination.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { SessionFacts } from "../domain/session-facts.js";
import type { SessionLimits } from "../domain/session-limits.js";
import type { Events } from "../events.js";
import { askStore, storeReach } from "./answer-from-store.js";
import type { EndConversation } from "./end-conversation.js";
import type { Fork } from "./fork.js";
import type { Callee, JoinCallee } from "./join-callee.js";
import type { Placed } from "./media.js";
import type { Call } from "./open-calls.js";
import { askToReceive } from "./store-call.js";
import { type Groups, targetsFor } from "./targets.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly fork: Fork;
  readonly joinCallee: JoinCallee;
  readonly endConversation: EndConversation;
  readonly events: Pick<Events, "broken">;
  readonly sessionLimits: SessionLimits;
  readonly sessionOffline: "refuse" | "store";
}

/** Devices to ring for a caller who has an answer already. */
export interface RingingOn {
  /** Is cancelled when the conversation ends. */
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly profile: sipCore.Profile;
  readonly placed: Placed;
  readonly groups: Groups;
  /** The description that the caller has been answered with. */
  readonly early: Uint8Array;
}

/** Finds a callee for a conversation, or ends it; does not throw. */
export type RingOn = (ringing: RingingOn) => Promise<void>;

/** Who takes the conversation, or what its caller is told. */
type Found = Callee | { readonly kind: "nobody"; readonly reason: string };

/** Who has sent something waits 30 s for its answer, and a device that answers has yet to connect. @spec rfc4975#7.1.1 */
const withinMs = 20_000;

/**
 * The first device that answers has the conversation, else the store where it takes sessions; else the caller hears BYE,
 * with the Reason that the devices gave.
 *
 * @spec PF-07 @spec PF-06 @spec PF-43 @spec GEN-17 @spec DF-03
 */
export function ringOn(deps: Deps): RingOn {
  const { endConversation, events } = deps;
  return async (ringing) => {
    const { id } = ringing.call.invitation;
    try {
      const found = await find(ringing);
      if (found.kind === "callee") await deps.joinCallee(id, found, ringing.early);
      else await endConversation(id, { reason: found.reason, why: "unanswered" });
    } catch (cause) {
      events.broken("nobody was found for a caller who has an answer", cause);
      await endConversation(id, { reason: legReasons.unavailable, why: "failed" }).catch((error: unknown) =>
        events.broken("a conversation was not ended", error),
      );
    }
  };

  async function find(ringing: RingingOn): Promise<Found> {
    const { call } = ringing;
    const forked = await deps.fork(call, targetsFor(ringing), withinMs);
    if (forked.kind === "cancelled") return { kind: "nobody", reason: legReasons.unavailable };
    if (forked.kind === "failed") return storeOrNobody(ringing, forked.answers);
    const { leg, body } = forked.accepted;
    const { reach, device } = forked;
    return { kind: "callee", leg, reach, body, ...(device && { device }) };
  }

  async function storeOrNobody(
    { call, facts, profile, placed }: RingingOn,
    answers: readonly Unanswered[],
  ): Promise<Found> {
    const nobody: Found = { kind: "nobody", reason: reasonToEnd(answers) };
    if (call.isCancelled || chooseSessionAnswer(answers).kind !== "unreachable") return nobody;
    const next = storeOrRefuse({ facts, profile, whenOffline: deps.sessionOffline }, "away");
    if (next.kind !== "store") return nobody;
    const offer = placed.offerFor?.(storeReach) ?? next.offer;
    const made = await askStore(events, () =>
      askToReceive(deps, { call, facts, offer, owner: profile.aor }, next.messages),
    );
    if (made?.kind !== "answered") return nobody;
    const body = { type: "application/sdp", content: made.answer };
    return { kind: "callee", leg: made.leg, reach: storeReach, body };
  }
}
