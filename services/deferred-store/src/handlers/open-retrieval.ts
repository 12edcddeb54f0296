import type { deferredStore } from "@heliograph/contracts";
import type { MsrpEndpoints } from "@heliograph/msrp-stack";
import type { z } from "zod";
import { answerOffer, type OurEnd } from "../domain/store-description.js";
import type { LegRefusal } from "../events.js";
import type { Legs } from "../legs/legs.js";
import type { Queues } from "../ports.js";
import { Retrieval, type RetrievalDeps } from "../send/retrieval.js";

interface Deps extends RetrievalDeps {
  readonly endpoints: Pick<MsrpEndpoints, "open">;
  readonly newEnd: () => OurEnd;
  readonly legs: Pick<Legs, "open">;
  readonly queues: Pick<Queues, "retrievableOf" | "unknownAmong" | "finish">;
}

type Input = z.output<typeof deferredStore.openRetrieval.input>;
type Output = z.output<typeof deferredStore.openRetrieval.output>;

/**
 * Answers the offer of a user who comes for what waits: all of it, or what the references name. Of several references
 * the known ones are given, and the others told; a single one that is unknown, or somebody else's, finds nothing.
 *
 * Comes from `participating`, which knows that the user is the owner and ends the session with `close-leg`.
 *
 * @spec DF-30 @spec DF-31
 */
export function openRetrieval(deps: Deps) {
  const { endpoints, newEnd, legs, queues, events } = deps;
  return async ({ conversation, owner, references, offer }: Input): Promise<Output> => {
    const [first] = await queues.retrievableOf(owner, references, 0, 1);
    if (!first) return refuse("nothing");
    const unknown = await queues.unknownAmong(owner, references);
    const answered = answerOffer(offer, newEnd(), { direction: "sendonly", maxBytes: 0 });
    if (answered.kind === "refused") return refuse(answered.reason);
    const leg = legs.open("retrieval");
    const session = endpoints.open(answered.agreed);
    leg.attach(session);
    new Retrieval(deps, { conversation, owner, references }, leg, session)
      .run()
      .catch((error: unknown) => events.troubled("a retrieval was broken off", error));
    return { kind: "answered", leg: leg.id, answer: answered.answer, unknown: [...unknown] };
  };

  function refuse(reason: LegRefusal): Output {
    events.legRefused(reason);
    return { kind: "refused", reason };
  }
}
