import { type Bus, deferredStore, type SessionAnswer } from "@heliograph/contracts";
import { retrievalReferences, unknownReferencesWarning } from "../domain/retrieval-references.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import { answerFromStore } from "./answer-from-store.js";
import type { Establish } from "./establish.js";
import type { Media } from "./media.js";
import type { Call } from "./open-calls.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused" | "broken">;
  readonly sessionLimits: SessionLimits;
}

/** Lets the store give a user what waits for him. */
export type RetrieveCall = (call: Call, facts: SessionFacts, offer: Uint8Array) => Promise<SessionAnswer>;

/**
 * The store gives what the INVITE names, or everything. Both ends are the user's, so that it counts as one session.
 *
 * Goes on to `deferred-store/src/handlers/open-retrieval.ts`.
 *
 * @spec DF-30 @spec DF-31 @spec R-participating-18
 */
export function retrieveCall(deps: Deps): RetrieveCall {
  const { bus, media, events, sessionLimits } = deps;
  return async (call, facts, offer) => {
    const { id, sender } = call.invitation;
    const references = retrievalReferences(facts.content);
    if (!references.ok)
      return refuse(events, call.invitation, references.error.name, references.error.details);
    const placed = await media.place(id, offer, mediaPolicyFor(facts, sessionLimits));
    if (placed.kind === "refuse") return refuse(events, call.invitation, placed.name, placed.details);
    return answerFromStore(deps, { call, facts, placed, offer }, sender.aor, async (anchored) => {
      const input = {
        conversation: id,
        owner: sender.aor,
        references: [...references.value],
        offer: anchored,
      };
      const opened = await bus.request(deferredStore.openRetrieval, {}, input);
      const isNamed = references.value.length > 0;
      if (opened.kind === "answered")
        return { ...opened, headers: unknownReferencesWarning(sender.aor, opened.unknown ?? []) };
      return opened.reason === "nothing" && isNamed
        ? { kind: "refused", reason: "nothing-of-that-name" }
        : opened;
    });
  };
}
