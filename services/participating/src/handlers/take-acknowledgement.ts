import type { Conversation, SessionBody } from "@heliograph/contracts";
import { legReasons } from "../domain/leg-reasons.js";
import { readSessionContent, type SessionContent } from "../domain/session-content.js";
import { reachOf } from "../domain/session-facts.js";
import { type Sides, sidesFrom } from "../domain/sides.js";
import type { Conversations } from "../ports.js";
import type { EndConversation } from "../sessions/end-conversation.js";
import type { Legs } from "../sessions/legs.js";
import type { Media } from "../sessions/media.js";
import { settleAnswer } from "../sessions/settle-answer.js";

interface Deps {
  readonly conversations: Pick<Conversations, "of" | "change">;
  readonly media: Media;
  readonly legs: Legs;
  readonly endConversation: EndConversation;
  readonly conversationTtlMs: number;
}

interface Acknowledgement {
  readonly conversation: string;
  readonly leg: string;
  readonly body?: SessionBody | undefined;
}

/**
 * Takes the ACK to a 200 that had the offer: its answer completes the session. At the beginning the callee still waits
 * for that answer; later it has one. An ACK without a usable answer ends the session.
 *
 * Comes from `sip-edge`; goes on to `sip-edge/src/handlers/acknowledge-leg.ts`.
 *
 * @spec GEN-44 @spec rfc3261#13.2.1
 */
export function takeAcknowledgement(deps: Deps): (ack: Acknowledgement) => Promise<object> {
  const { conversations, endConversation } = deps;
  return async ({ conversation: id, leg, body }) => {
    const conversation = await conversations.of(id);
    const sides = conversation && sidesFrom(conversation, leg);
    if (!sides) return {};
    const content = readSessionContent(body);
    if (!content.ok || content.value.description === undefined) {
      await endConversation(id, { reason: legReasons.unusable, why: "failed" });
      return {};
    }
    await complete(conversation, sides, content.value, content.value.description);
    return {};
  };

  async function complete(
    conversation: Conversation,
    sides: Sides,
    content: SessionContent,
    description: Uint8Array,
  ): Promise<void> {
    const { anchor, descriptions, id } = conversation;
    const { own, ownLeg, otherLeg } = sides;
    const isFirst = descriptions[own].length === 0;
    const reach = reachOf(isFirst ? description : descriptions[own]);
    const settled = await settleAnswer(deps, { anchor, from: own, leg: ownLeg, description, reach });
    if (settled.kind === "refuse") {
      const isOurs = settled.name === "media-unavailable";
      const reason = isOurs ? legReasons.unavailable : legReasons.unusable;
      return endConversation(id, { reason, why: "failed" });
    }
    if (isFirst && otherLeg.kind === "sip")
      await deps.legs.acknowledge(otherLeg, content.with(settled.forOther));
    await deps.conversations.change(id, deps.conversationTtlMs, (current) => ({
      ...current,
      descriptions: { ...current.descriptions, [own]: settled.own },
    }));
  }
}
