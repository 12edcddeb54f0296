import type {
  Conversation,
  HeaderField,
  RegisteredDevice,
  SessionAnswer,
  SessionBody,
  SessionLeg,
} from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { withoutFocus } from "../domain/contact-params.js";
import type { LegPlan } from "../domain/leg-plan.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { Refused } from "../domain/pager-limits.js";
import { readSessionContent, type SessionContent } from "../domain/session-content.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Conversations } from "../ports.js";
import type { Legs } from "./legs.js";
import type { Media, Placed } from "./media.js";
import type { Call } from "./open-calls.js";
import { type Settled, settleAnswer, settledBy } from "./settle-answer.js";

interface Deps {
  readonly conversations: Pick<Conversations, "open" | "close">;
  readonly media: Media;
  readonly legs: Legs;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Pick<Events, "refused" | "established">;
  readonly conversationTtlMs: number;
  readonly maxSessions: number;
}

/** A call that somebody has answered. */
interface Answered {
  readonly call: Call;
  readonly facts: Pick<SessionFacts, "purpose" | "content" | "reach" | "callerDevice">;
  readonly placed: Placed;
  readonly callerAor: string;
  readonly calleeAor: string;
  readonly callee: {
    readonly leg: SessionLeg;
    /** How it reaches the relay. */
    readonly reach: LegPlan["reach"];
    readonly contactParams: string;
    readonly headers: HeaderField[];
    readonly body?: SessionBody | undefined;
    /** The registration of its device, where it has one. */
    readonly device?: RegisteredDevice;
  };
}

/** Makes a conversation of it, and the answer for the caller; or ends what was answered. */
export type Establish = (answered: Answered) => Promise<SessionAnswer>;

/**
 * The answer of the callee, or its offer where the caller made none, becomes that for the caller; the conversation is
 * kept before the caller hears of it. What cannot be finished is ended towards the callee, who believes in a session.
 *
 * @spec PF-03 @spec PF-08 @spec PF-09 @spec PF-12 @spec PF-15 @spec CF-19 @spec CL-21 @spec GEN-44
 */
export function establish(deps: Deps): Establish {
  const { conversations, media, legs, events } = deps;
  return async (answered) => {
    const { call, callee, placed } = answered;
    try {
      const outcome = await finish(answered);
      if (outcome.kind === "accepted") return outcome.answer;
      await end(outcome.reason);
      return refuse(events, call.invitation, outcome.refused.name, outcome.refused.details);
    } catch (error) {
      await end(legReasons.unavailable);
      throw error;
    }

    async function end(reason: string | undefined): Promise<void> {
      await Promise.all([legs.end(callee.leg, reason), media.close(placed.anchor)]);
    }
  };

  async function finish(answered: Answered): Promise<Finished> {
    const content = readSessionContent(answered.callee.body);
    if (!content.ok || content.value.description === undefined)
      return failed("answer-unusable", legReasons.unusable);
    const settled = await settle(answered, content.value.description);
    if (settled.kind === "refuse") {
      const isOurs = settled.name === "media-unavailable";
      return {
        kind: "failed",
        refused: settled,
        reason: isOurs ? legReasons.unavailable : legReasons.unusable,
      };
    }
    if (answered.call.isCancelled) return failed(answered.call.cancelName, undefined);
    const full = await open(answered, settled.own);
    if (full !== undefined) return full;
    events.established(answered.facts.purpose);
    return accepted(answered, content.value, settled.forOther);
  }

  /** Where the caller has made no offer, the callee's answer is one. @spec GEN-44 */
  async function settle({ facts, placed, callee }: Answered, description: Uint8Array): Promise<Settled> {
    const { anchor } = placed;
    const given = { from: "callee", description } as const;
    if (facts.content.description === undefined) {
      return settledBy(await media.offer(anchor, { ...given, reach: facts.reach }), description);
    }
    return settleAnswer(deps, { anchor, ...given, leg: callee.leg, reach: callee.reach });
  }

  /** @spec PF-12 */
  async function open(answered: Answered, calleeDescription: Uint8Array): Promise<Finished | undefined> {
    const { call } = answered;
    const conversation = conversationOf(answered, calleeDescription, deps.clock.nowMs());
    const full = await conversations.open(conversation, deps.conversationTtlMs, deps.maxSessions);
    if (full !== undefined) {
      const name = full === conversation.callerAor ? "caller-sessions" : "callee-sessions";
      return failed(name, legReasons.refused);
    }
    if (!call.isCancelled) return undefined;
    await conversations.close(conversation.id);
    return failed(call.cancelName, undefined);
  }
}

type Finished =
  | { readonly kind: "accepted"; readonly answer: SessionAnswer }
  | { readonly kind: "failed"; readonly refused: Refused; readonly reason: string | undefined };

function failed(name: Refused["name"], reason: string | undefined): Extract<Finished, { kind: "failed" }> {
  return { kind: "failed", refused: { kind: "refuse", name }, reason };
}

function conversationOf(
  { call: { invitation }, facts, placed, callee, callerAor, calleeAor }: Answered,
  calleeDescription: Uint8Array,
  startedAtMs: number,
): Conversation {
  return {
    id: invitation.id,
    purpose: facts.purpose,
    callerAor,
    calleeAor,
    caller: invitation.caller,
    callee: callee.leg,
    ...(placed.anchor && { anchor: placed.anchor }),
    devices: {
      ...(facts.callerDevice && { caller: facts.callerDevice }),
      ...(callee.device && { callee: callee.device }),
    },
    descriptions: { caller: facts.content.description ?? new Uint8Array(0), callee: calleeDescription },
    startedAtMs,
  };
}

function accepted(
  { call: { invitation }, callee }: Answered,
  content: SessionContent,
  description: Uint8Array,
): Finished {
  const answer: SessionAnswer = {
    kind: "accepted",
    conversation: invitation.id,
    contactParams: withoutFocus(callee.contactParams),
    headers: callee.headers,
    body: content.with(description),
  };
  return { kind: "accepted", answer };
}
