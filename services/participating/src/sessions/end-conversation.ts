import type { Conversation, SessionLeg } from "@heliograph/contracts";
import type { Events, SessionEnd } from "../events.js";
import type { Conversations } from "../ports.js";
import type { Legs } from "./legs.js";
import type { Media } from "./media.js";

interface Deps {
  readonly conversations: Pick<Conversations, "close">;
  readonly legs: Legs;
  readonly media: Media;
  readonly events: Pick<Events, "ended">;
}

/** What is known of an end. */
interface Ending {
  /** The leg that is over already. */
  readonly over?: string | undefined;
  /** What the others are told. */
  readonly reason: string | undefined;
  readonly why: SessionEnd;
}

/** Ends a conversation, once, whoever asks first. */
export type EndConversation = (id: string, ending: Ending) => Promise<void>;

/**
 * Forgets the conversation, and tells everybody who still takes part: the other leg or both, then the relay, for an end
 * whose connection closes before its BYE takes the session for lost. Several may see the same end at once; one of them
 * gets the conversation.
 *
 * @spec PF-11 @spec GEN-17
 */
export function endConversation({ conversations, legs, media, events }: Deps): EndConversation {
  return async (id, { over, reason, why }) => {
    const conversation = await conversations.close(id);
    if (!conversation) return;
    events.ended(id, why);
    const left = legsOf(conversation).filter(({ leg }) => leg !== over);
    await Promise.all(left.map((leg) => legs.end(leg, reason)));
    await media.close(conversation.anchor);
  };
}

function legsOf({ caller, callee }: Conversation): readonly SessionLeg[] {
  return [caller, callee];
}
