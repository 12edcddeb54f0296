import type { Conversation } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { servicesOf } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import type { Conversations } from "../ports.js";
import type { Media, Placed } from "./media.js";
import type { Turn } from "./offer-turns.js";

interface Deps {
  readonly conversations: Pick<Conversations, "change">;
  readonly media: Media;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  readonly sessionLimits: SessionLimits;
  readonly conversationTtlMs: number;
}

/** How to look for another relay. */
interface Search {
  /** The caller's, where there is one to begin with. */
  readonly offer: Uint8Array | undefined;
  /** How long to wait for a relay to come: one that was killed may be the only one. */
  readonly patienceMs: number;
}

const againMs = 250;

/** Takes conversations whose relay is gone, or going, to another. @spec PF-08 @spec PF-11 */
export class Reanchoring {
  constructor(private readonly deps: Deps) {}

  /** A place at a relay that is there; undefined: none takes it. The store's end has lost what it had, and does not move. */
  async find(
    { id, purpose, caller, callee, anchor, descriptions }: Conversation,
    { offer, patienceMs }: Search,
  ): Promise<Placed | undefined> {
    const { media, clock, sessionLimits } = this.deps;
    if (!anchor || caller.kind !== "sip" || callee.kind !== "sip") return undefined;
    const untilMs = clock.monotonicMs() + patienceMs;
    const services = servicesOf(purpose, descriptions.caller);
    const policy = mediaPolicyFor({ purpose, services }, sessionLimits);
    for (;;) {
      const placed = await media.place(id, offer, policy);
      if (placed.kind === "placed") return placed;
      if (placed.name !== "media-unavailable" || clock.monotonicMs() + againMs > untilMs) return undefined;
      await new Promise<void>((resolve) => void clock.after(againMs, resolve));
    }
  }

  /** Has the conversation at that place from now on. */
  async claim({ conversation }: Turn, { anchor }: Placed): Promise<void> {
    const { conversations, conversationTtlMs } = this.deps;
    await conversations.change(conversation.id, conversationTtlMs, (current) => ({
      ...current,
      ...(anchor && { anchor }),
    }));
  }
}
