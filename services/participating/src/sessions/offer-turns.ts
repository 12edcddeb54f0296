import type { Conversation } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { Conversations } from "../ports.js";

interface Deps {
  readonly conversations: Pick<Conversations, "change">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly conversationTtlMs: number;
}

/** A turn, with the conversation as it is now. */
export interface Turn {
  readonly kind: "taken";
  readonly name: string;
  readonly conversation: Conversation;
}

/** Longer than an offer takes from one side to the other; a process that dies with it leaves it to time. */
const longestMs = 45_000;

/**
 * One offer at a time in a conversation. Between two dialogs neither of them sees that both sides offer at once, and each
 * offer would wait for the other side to be free: the second one has to come again.
 *
 * @spec GEN-15 @spec rfc3261#14.2 @spec R-participating-19
 */
export class OfferTurns {
  constructor(private readonly deps: Deps) {}

  /**
   * The turn; `busy`: an offer is on its way, or the first one waits for its answer; `ringing`: it waits for that of a device;
   * `over`: there is no conversation.
   */
  async take(id: string): Promise<Turn | { readonly kind: "busy" | "ringing" | "over" }> {
    const { conversations, clock, chance, conversationTtlMs } = this.deps;
    const name = chance.token(8);
    const nowMs = clock.nowMs();
    const kept = await conversations.change(id, conversationTtlMs, (current) =>
      isBusy(current, nowMs) ? current : { ...current, offering: { name, untilMs: nowMs + longestMs } },
    );
    if (!kept) return { kind: "over" };
    if (kept.callee.kind === "ringing") return { kind: "ringing" };
    return kept.offering?.name === name ? { kind: "taken", name, conversation: kept } : { kind: "busy" };
  }

  /** Gives the turn back, with what both sides have said where they agreed; false: there is no conversation any more. */
  async release({ name, conversation }: Turn, descriptions?: Conversation["descriptions"]): Promise<boolean> {
    const { conversations, conversationTtlMs } = this.deps;
    const kept = await conversations.change(conversation.id, conversationTtlMs, (current) => {
      const { offering, ...rest } = current;
      const isOurs = offering === undefined || offering.name === name;
      return { ...(isOurs ? rest : current), ...(descriptions && { descriptions }) };
    });
    return kept !== undefined;
  }
}

function isBusy({ callee, offering, descriptions }: Conversation, nowMs: number): boolean {
  const isOpen = callee.kind === "ringing" || descriptions.caller.length === 0;
  return isOpen || (offering !== undefined && nowMs < offering.untilMs);
}
