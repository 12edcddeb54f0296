import { type Bus, deferredStore, type SessionAnswer } from "@heliograph/contracts";
import { forUser } from "../domain/addressed-user.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import { storedMetadata } from "../domain/stored-metadata.js";
import type { Events } from "../events.js";
import { answerFromStore, type ForStore, type StoreAnswer } from "./answer-from-store.js";
import type { Establish } from "./establish.js";
import type { Media } from "./media.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused" | "broken">;
  readonly sessionLimits: SessionLimits;
}

/** A call whose messages the store keeps for `owner`. */
type Kept = ForStore & { readonly owner: string };

/** Lets the store answer in the place of a user who is away. */
export type StoreCall = (call: Kept, messages: "one" | "many") => Promise<SessionAnswer>;

/**
 * The store answers the offer as an MSRP end point, behind the relay like any other.
 *
 * Goes on to `deferred-store/src/handlers/receive-large-message.ts`.
 *
 * @spec DF-01 @spec DF-05
 */
export function storeCall(deps: Deps): StoreCall {
  return (kept, messages) =>
    answerFromStore(deps, kept, kept.owner, (anchored) =>
      askToReceive(deps, { ...kept, offer: anchored }, messages),
    );
}

/** Asks the store to take the place of the owner, whose messages it keeps. `offer`: what the store is offered. */
export function askToReceive(
  { bus, sessionLimits }: Pick<Deps, "bus" | "sessionLimits">,
  { call: { invitation }, facts, offer, owner }: Omit<Kept, "placed">,
  messages: "one" | "many",
): Promise<StoreAnswer> {
  const input = {
    message: storedMetadata(forUser(invitation, owner), facts.announcedBytes),
    owner,
    offer,
    messages,
    maxBytes: mediaPolicyFor(facts, sessionLimits).maxMessageBytes,
  };
  return bus.request(deferredStore.receiveLargeMessage, {}, input);
}
