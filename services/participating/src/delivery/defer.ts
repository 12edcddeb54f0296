import { BusError, type Bus, deferredStore, type PagerMessage, type Submission } from "@heliograph/contracts";
import { routedBackThroughUs } from "../domain/imdn-route.js";
import type { DeferralCause } from "../domain/decide-delivery.js";
import type { MessageFacts } from "../domain/message-facts.js";
import type { Events } from "../events.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly events: Pick<Events, "refused" | "deferred" | "broken">;
  readonly imdnUser: string;
}

/** Hands a message to the deferred store and answers 202 once it is committed there. */
export type Defer = (message: PagerMessage, facts: MessageFacts, cause: DeferralCause) => Promise<Submission>;

/**
 * Goes on to `deferred-store/src/handlers/store-message.ts`, which owes the sender the `<stored/>` notification in the
 * same transaction. A store that does not answer is a 500, never a 202.
 *
 * @spec DF-02 @spec DF-04 @spec DF-12 @spec PF-44 @spec PF-45 @spec PF-54
 */
export function defer({ bus, events, imdnUser }: Deps): Defer {
  return async (message, facts, cause) => {
    const stored = await store(routedBackThroughUs(message, facts, imdnUser), cause);
    if (stored === undefined) return refuse(events, message, "store-failed");
    if (stored.kind === "refused")
      return refuse(events, message, stored.reason === "expired" ? "expired" : "quota-full");
    events.deferred(message.id, cause);
    return { kind: "accepted", status: 202 };
  };

  async function store(message: PagerMessage, cause: DeferralCause) {
    try {
      return await bus.request(deferredStore.storeMessage, {}, { message, owner: message.recipient, cause });
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      events.broken("the deferred store did not answer", error);
      return undefined;
    }
  }
}
