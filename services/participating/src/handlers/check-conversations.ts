import type { Conversations } from "../ports.js";

interface Deps {
  readonly conversations: Pick<Conversations, "of">;
}

/**
 * Tells which conversations there are not (any more): a dialog of one of them has no other side, and nobody will end it.
 *
 * Comes from `sip-edge/src/handlers/sweep-legs.ts`.
 *
 * @spec PF-11
 */
export function checkConversations({ conversations }: Deps) {
  return async ({ conversations: ids }: { readonly conversations: readonly string[] }) => {
    const found = await Promise.all(ids.map((id) => conversations.of(id)));
    return { missing: ids.filter((_, index) => found[index] === undefined) };
  };
}
