import type { Conversation } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { reachOf } from "../domain/session-facts.js";
import type { Events } from "../events.js";
import type { Legs } from "./legs.js";
import type { Media } from "./media.js";
import { offerSide } from "./offer-side.js";
import type { OfferTurns } from "./offer-turns.js";

interface Deps {
  readonly media: Media;
  readonly legs: Legs;
  readonly clock: Pick<Clock, "after">;
  readonly turns: OfferTurns;
  readonly events: Pick<Events, "broken">;
}

/** Offers the caller what the callee has said; does not throw. */
export type TellCaller = (id: string) => Promise<void>;

/** How long the caller may take to agree. */
const agreeMs = 5_000;

/**
 * A re-INVITE for a caller who was promised more than the callee says. One who refuses it, or who is offering at that
 * moment, keeps the session as it is, and hears 413 or 415 where that is not enough.
 *
 * @spec PF-07 @spec rfc3261#14.1 @spec rfc4975#8.6
 */
export function tellCaller(deps: Deps): TellCaller {
  const { media, turns, events } = deps;
  return async (id) => {
    try {
      const turn = await turns.take(id);
      if (turn.kind !== "taken") return;
      let agreed: Conversation["descriptions"] | undefined;
      try {
        agreed = await offer(turn.conversation);
      } finally {
        await turns.release(turn, agreed);
      }
    } catch (cause) {
      events.broken("a caller was not told what the callee takes", cause);
    }
  };

  async function offer(conversation: Conversation): Promise<Conversation["descriptions"] | undefined> {
    const { anchor, descriptions } = conversation;
    const { callee } = descriptions;
    const given = { from: "callee", description: callee, reach: reachOf(descriptions.caller) } as const;
    const offered = await media.offer(anchor, given);
    if (offered.kind !== "translated") return undefined;
    const content = offered.description;
    const caller = await offerSide(deps, conversation, "caller", { content, timeoutMs: agreeMs });
    return caller && { caller, callee };
  }
}
