import type { EndConversation } from "../sessions/end-conversation.js";

interface Deps {
  readonly endConversation: EndConversation;
}

interface Leaving {
  readonly conversation: string;
  readonly leg?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * One leg is over, so the conversation is: the other side gets a BYE with the same Reason.
 *
 * Comes from `sip-edge` after a BYE or when a dialog failed, and from `deferred-store` when it has nothing more to give.
 *
 * @spec PF-11 @spec GEN-17
 */
export function leaveSession({ endConversation }: Deps): (leaving: Leaving) => Promise<object> {
  return async ({ conversation, leg, reason }) => {
    await endConversation(conversation, { over: leg, reason, why: "left" });
    return {};
  };
}
