import { type Bus, deferredStore, type SessionAnswer } from "@heliograph/contracts";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import { storedMetadata } from "../domain/stored-metadata.js";
import type { Events } from "../events.js";
import { answerFromStore, type ForStore } from "./answer-from-store.js";
import type { Establish } from "./establish.js";
import type { Media } from "./media.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused" | "broken">;
  readonly sessionLimits: SessionLimits;
}

/** Lets the store answer in the place of a user who is away. */
export type StoreCall = (call: ForStore, messages: "one" | "many") => Promise<SessionAnswer>;

/**
 * The store answers the offer as an MSRP end point, behind the relay like any other.
 *
 * Goes on to `deferred-store/src/handlers/receive-large-message.ts`.
 *
 * @spec DF-01 @spec DF-05
 */
export function storeCall(deps: Deps): StoreCall {
  return ({ call, facts, placed, offer }, messages) => {
    const { invitation } = call;
    return answerFromStore(deps, { call, facts, placed, offer }, invitation.recipient, (anchored) =>
      deps.bus.request(
        deferredStore.receiveLargeMessage,
        {},
        {
          message: storedMetadata(invitation, facts.announcedBytes),
          owner: invitation.recipient,
          offer: anchored,
          messages,
          maxBytes: mediaPolicyFor(facts, deps.sessionLimits).maxMessageBytes,
        },
      ),
    );
  };
}
