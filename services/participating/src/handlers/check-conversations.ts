import type { Conversations } from "../ports.js";

interface Deps {
  readonly conversations: Pick<Conversations, "missing">;
}

/**
 * Tells which conversations there are not (any more): a dialog of one of them has no other side, and nobody will end it,
 * nor close the place of its media.
 *
 * Comes from `sip-edge/src/handlers/sweep-legs.ts` and `msrp-relay/src/handlers/sweep-sessions.ts`.
 *
 * @spec PF-11
 */
export function checkConversations({ conversations }: Deps) {
  return async ({ conversations: ids }: { readonly conversations: readonly string[] }) => {
    return { missing: await conversations.missing(ids) };
  };
}
