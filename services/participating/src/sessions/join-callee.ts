import type { RegisteredDevice, SessionBody, SessionLeg } from "@heliograph/contracts";
import type { LegPlan } from "../domain/leg-plan.js";
import { legReasons } from "../domain/leg-reasons.js";
import { isNews } from "../domain/is-news.js";
import { readSessionContent } from "../domain/session-content.js";
import type { Conversations } from "../ports.js";
import type { EndConversation } from "./end-conversation.js";
import type { Legs } from "./legs.js";
import type { Media } from "./media.js";
import { settleAnswer } from "./settle-answer.js";
import type { TellCaller } from "./tell-caller.js";

interface Deps {
  readonly conversations: Pick<Conversations, "of" | "change">;
  readonly media: Media;
  readonly legs: Legs;
  readonly endConversation: EndConversation;
  readonly tellCaller: TellCaller;
  readonly conversationTtlMs: number;
}

/** Who has answered. */
export interface Callee {
  readonly kind: "callee";
  readonly leg: SessionLeg;
  /** How it reaches the relay. */
  readonly reach: LegPlan["reach"];
  readonly body: SessionBody | undefined;
  /** The registration of its device, where it has one. */
  readonly device?: RegisteredDevice;
}

/** Gives a conversation its callee. `early`: what its caller has been answered with. */
export type JoinCallee = (id: string, callee: Callee, early: Uint8Array) => Promise<void>;

/**
 * The answer of the callee goes to the relay, which lets through what it has held; the callee takes the place of the
 * ringing. A caller who was promised more than the callee says is told. Where the conversation is over by now, so is the
 * callee's leg.
 *
 * @spec PF-07 @spec PF-08
 */
export function joinCallee(deps: Deps): JoinCallee {
  const { conversations, legs, endConversation } = deps;
  return async (id, callee, early) => {
    try {
      const reason = await join(id, callee, early);
      if (reason === undefined) return;
      await Promise.all([legs.end(callee.leg, reason), endConversation(id, { reason, why: "failed" })]);
    } catch (error) {
      await legs.end(callee.leg, legReasons.unavailable);
      throw error;
    }
  };

  /** Why it is all over; undefined: it is not. */
  async function join(id: string, callee: Callee, early: Uint8Array): Promise<string | undefined> {
    const conversation = await conversations.of(id);
    if (!conversation) return legReasons.gone;
    const content = readSessionContent(callee.body);
    if (!content.ok || content.value.description === undefined) return legReasons.unusable;
    const { leg, reach, device } = callee;
    const { description } = content.value;
    const { anchor } = conversation;
    const settled = await settleAnswer(deps, { anchor, from: "callee", leg, description, reach });
    if (settled.kind === "refuse")
      return settled.name === "media-unavailable" ? legReasons.unavailable : legReasons.unusable;
    const joined = await conversations.change(id, deps.conversationTtlMs, (current) => ({
      ...current,
      callee: leg,
      devices: { ...current.devices, ...(device && { callee: device }) },
      descriptions: { ...current.descriptions, callee: settled.own },
    }));
    if (!joined) return legReasons.gone;
    if (isNews(early, settled.forOther)) await deps.tellCaller(id);
    return undefined;
  }
}
