import type { Bus, Conversation } from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import { isDueForTouch, judgeConversation, type Verdict } from "../domain/judge-conversation.js";
import { legReasons } from "../domain/leg-reasons.js";
import { sidesFrom } from "../domain/sides.js";
import type { Events } from "../events.js";
import type { Conversations, RateLimits } from "../ports.js";
import type { CheckRegistrations } from "../sessions/check-registrations.js";
import type { EndConversation } from "../sessions/end-conversation.js";
import type { MoveConversation } from "../sessions/move-conversation.js";
import { Nodes } from "../sessions/nodes.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly conversations: Pick<Conversations, "of" | "page" | "change">;
  readonly rateLimits: RateLimits;
  readonly endConversation: EndConversation;
  readonly moveConversation: MoveConversation;
  readonly checkRegistrations: CheckRegistrations;
  readonly clock: Pick<Clock, "nowMs" | "after">;
  readonly events: Pick<Events, "broken">;
  readonly sweepMs: number;
  readonly conversationTtlMs: number;
  /** The name of this process. */
  readonly node: string;
}

/** A relay that was killed is started again in this time, where somebody sees to that. */
const relayPatienceMs = 3_000;
const pageSize = 500;
/** A million conversations; nobody has as many. */
const mostPages = 2_000;
/** Less than one turn, so that whoever was first the last time may be again. */
const shareOfTurn = 0.8;

/**
 * Looks whether the legs and the anchor of each conversation are still there. Who has lost a leg is ended; who has lost
 * its relay moves to another; where a registration ran out, the device is gone. One process of all does it in each turn.
 *
 * Goes on to `check-legs` of the edges and the store, and `check-sessions` of the relays.
 *
 * @spec PF-11 @spec GEN-17
 */
export function sweepConversations(deps: Deps): () => Promise<void> {
  const { conversations, endConversation, moveConversation, clock, events } = deps;
  const inHand = new Set<string>();
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
    for (const [index, conversation] of page.entries()) {
      const report = reports[index];
      if (report) actOn(conversation, judgeConversation(conversation, report, nowMs), nowMs);
    }
  }

  /** Nobody waits for one conversation with the next: an end that does not answer takes its time. */
  function actOn(conversation: Conversation, verdict: Verdict, nowMs: number): void {
    const { id } = conversation;
    if (inHand.has(id)) return;
    inHand.add(id);
    act(conversation, verdict, nowMs)
      .catch((cause: unknown) => events.broken("a conversation was not looked after", cause))
      .finally(() => inHand.delete(id));
  }

  async function act(conversation: Conversation, verdict: Verdict, nowMs: number): Promise<void> {
    const { id } = conversation;
    switch (verdict.kind) {
      case "alive":
        if (isDueForTouch(conversation, nowMs, 2 * deps.sweepMs)) {
          await conversations.change(id, deps.conversationTtlMs, (current) => current);
        }
        return deps.checkRegistrations(conversation, nowMs);
      case "leg-lost":
        return endWithout(id, verdict.leg);
      case "relay-lost":
        return moveConversation(conversation, relayPatienceMs);
      default:
        return unreachable(verdict);
    }
  }

  /** Where a device has answered since we looked, nobody rings any more, and nothing is lost. @spec PF-07 */
  async function endWithout(id: string, leg: string): Promise<void> {
    const current = await conversations.of(id);
    if (!current || !sidesFrom(current, leg)) return;
    await endConversation(id, { over: leg, reason: legReasons.unavailable, why: "leg-lost" });
  }
}
