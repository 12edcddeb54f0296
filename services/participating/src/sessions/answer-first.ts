import type { Conversation, RingingLeg, SessionAnswer } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { refuse } from "../delivery/refuse.js";
import type { RefusalName } from "../domain/refusals.js";
import { sessionContentOf } from "../domain/session-content.js";
import type { Events } from "../events.js";
import type { Conversations } from "../ports.js";
import type { Media } from "./media.js";
import { Call } from "./open-calls.js";
import type { RingingLegs } from "./ringing-legs.js";
import type { RingOn, RingingOn } from "./ring-on.js";

interface Deps {
  readonly conversations: Pick<Conversations, "open" | "close">;
  readonly media: Media;
  readonly ringing: RingingLegs;
  readonly ringOn: RingOn;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Pick<Events, "refused" | "established">;
  readonly conversationTtlMs: number;
  readonly maxSessions: number;
}

/** A call whose caller need not wait. */
type ToAnswer = Omit<RingingOn, "early">;

/** Answers the caller, and rings; undefined: the relay cannot answer, and a device has to. */
export type AnswerFirst = (toAnswer: ToAnswer) => Promise<SessionAnswer | undefined>;

/**
 * The caller has a session while the callee's devices ring. What the caller sends is held by the relay and answered by
 * nobody, so that a 200 still says that a device, or the store, has it. The conversation is kept with the ringing in the
 * place of its callee: any process can end it, and it ends with the process that rings.
 *
 * Goes on to `msrp-relay/src/handlers/answer-for-callee.ts`.
 *
 * @spec PF-07 @spec PF-12 @spec R-participating-20
 */
export function answerFirst(deps: Deps): AnswerFirst {
  const { conversations, media, ringing, events } = deps;
  return async (toAnswer) => {
    const { call, facts, placed } = toAnswer;
    const answered = placed.anchor && (await media.answerForCallee(placed.anchor));
    if (answered?.kind !== "translated") return undefined;
    const early = answered.description;
    const devices = new Call(call.invitation);
    const leg = ringing.enter(devices);
    const refused = await open(toAnswer, leg).catch(async (error: unknown) => {
      await letGo(toAnswer, leg);
      throw error;
    });
    if (refused !== undefined) {
      await letGo(toAnswer, leg);
      return refuse(events, call.invitation, refused);
    }
    events.established(facts.purpose);
    ringing.goOn(leg, () => deps.ringOn({ ...toAnswer, call: devices, early }));
    const body = sessionContentOf(early).with(early);
    return { kind: "accepted", conversation: call.invitation.id, contactParams: "", headers: [], body };
  };

  async function letGo({ placed }: ToAnswer, leg: RingingLeg): Promise<void> {
    ringing.leave(leg);
    await media.close(placed.anchor);
  }

  /** Why there is no conversation. @spec PF-12 */
  async function open(toAnswer: ToAnswer, leg: RingingLeg): Promise<RefusalName | undefined> {
    const { call } = toAnswer;
    const conversation = conversationOf(toAnswer, leg, deps.clock.nowMs());
    const full = await conversations.open(conversation, deps.conversationTtlMs, deps.maxSessions);
    if (full !== undefined) return full === conversation.callerAor ? "caller-sessions" : "callee-sessions";
    if (!call.isCancelled) return undefined;
    await conversations.close(conversation.id);
    return call.cancelName;
  }
}

function conversationOf(
  { call: { invitation }, facts, placed, profile }: ToAnswer,
  callee: RingingLeg,
  startedAtMs: number,
): Conversation {
  const nothing = new Uint8Array(0);
  return {
    id: invitation.id,
    purpose: facts.purpose,
    callerAor: invitation.sender.aor,
    calleeAor: profile.aor,
    caller: invitation.caller,
    callee,
    ...(placed.anchor && { anchor: placed.anchor }),
    devices: { ...(facts.callerDevice && { caller: facts.callerDevice }) },
    descriptions: { caller: facts.content.description ?? nothing, callee: nothing },
    startedAtMs,
  };
}
