import type { Side } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { legReasons } from "../domain/leg-reasons.js";
import type { Conversations } from "../ports.js";
import type { EndConversation } from "../sessions/end-conversation.js";
import type { MoveConversation } from "../sessions/move-conversation.js";

interface Deps {
  readonly conversations: Pick<Conversations, "of">;
  readonly endConversation: EndConversation;
  readonly moveConversation: MoveConversation;
}

interface Lost {
  readonly conversation: string;
  readonly session: string;
  readonly side?: Side | undefined;
  readonly why: "connection-lost" | "not-bound" | "idle" | "draining";
}

/**
 * A relay has lost an end of a session, or stops: the session ends on both sides, or moves to another relay. What a
 * relay says of a session that has moved meanwhile is of no interest.
 *
 * Comes from `msrp-relay`.
 *
 * @spec PF-11 @spec GEN-17 @spec MS-47
 */
export function hearSessionLost(deps: Deps): (lost: Lost) => Promise<void> {
  const { conversations, endConversation, moveConversation } = deps;
  return async ({ conversation: id, session, why }) => {
    const conversation = await conversations.of(id);
    if (conversation?.anchor?.session !== session) return;
    switch (why) {
      case "draining":
        return moveConversation(conversation, 0);
      case "connection-lost":
      case "not-bound":
        return endConversation(id, { reason: legReasons.unavailable, why: "media-lost" });
      case "idle":
        return endConversation(id, { reason: legReasons.silent, why: "media-lost" });
      default:
        return unreachable(why);
    }
  };
}
