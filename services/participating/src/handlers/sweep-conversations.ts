import type { Bus, Conversation } from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import { isDueForTouch, judgeConversation, type Verdict } from "../domain/judge-conversation.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { Events } from "../events.js";
import type { Conversations, RateLimits } from "../ports.js";
import type { AtMost } from "../sessions/at-most.js";
import type { EndConversation } from "../sessions/end-conversation.js";
import type { MoveConversation } from "../sessions/move-conversation.js";
import { Nodes } from "../sessions/nodes.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly conversations: Pick<Conversations, "page" | "change">;
  readonly rateLimits: RateLimits;
  readonly endConversation: EndConversation;
  readonly moveConversation: MoveConversation;
  readonly moving: AtMost;
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly events: Pick<Events, "broken">;
  readonly sweepMs: number;
  readonly conversationTtlMs: number;
}

const pageSize = 500;
/** A million conversations; nobody has as many. */
const mostPages = 2_000;
/** Less than one turn, so that whoever was first the last time may be again. */
const shareOfTurn = 0.8;

/**
 * Looks whether the legs and the anchor of each conversation are still there. Who has lost a leg is ended; who has lost
 * its relay moves to another. One process of all does it in each turn.
 *
 * Goes on to `check-legs` of the edges and the store, and `check-sessions` of the relays.
 *
 * @spec PF-11 @spec GEN-17
 */
export function sweepConversations(deps: Deps): () => Promise<void> {
  const { conversations, endConversation, moveConversation, moving, clock, events } = deps;
  return async () => {
    try {
      const turn = await deps.rateLimits.take("sweep of conversations", 1, deps.sweepMs * shareOfTurn);
      if (turn.kind === "allowed") await sweep();
    } catch (cause) {
      events.broken("conversations were not looked at", cause);
    }
  };

  async function sweep(): Promise<void> {
    const nodes = new Nodes(deps);
    let after: string | undefined;
    for (let pages = 0; pages < mostPages; pages += 1) {
      const page = await conversations.page(after, pageSize);
      const last = page.at(-1);
      if (!last) return;
      await look(page, nodes);
      after = last.id;
    }
  }

  async function look(page: readonly Conversation[], nodes: Nodes): Promise<void> {
    const reports = await nodes.reportsOn(page);
    const nowMs = clock.nowMs();
    await Promise.all(
      page.map(async (conversation, index) => {
        const report = reports[index];
        if (report) await act(conversation, judgeConversation(conversation, report, nowMs), nowMs);
      }),
    );
  }

  async function act(conversation: Conversation, verdict: Verdict, nowMs: number): Promise<void> {
    const { id } = conversation;
    switch (verdict.kind) {
      case "alive":
        if (isDueForTouch(conversation, nowMs, 2 * deps.sweepMs)) {
          await conversations.change(id, deps.conversationTtlMs, (current) => current);
        }
        return;
      case "leg-lost":
        return endConversation(id, { over: verdict.leg, reason: legReasons.unavailable, why: "leg-lost" });
      case "relay-lost":
        return moving.run(() => moveConversation(conversation));
      default:
        return unreachable(verdict);
    }
  }
}
