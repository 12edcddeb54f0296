import { BusError, type HeaderField, type SessionAnswer, type StoreLeg } from "@heliograph/contracts";
import type { RefusalName } from "../domain/refusals.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { refuse } from "../delivery/refuse.js";
import type { Events } from "../events.js";
import type { Establish } from "./establish.js";
import type { Media, Placed } from "./media.js";
import type { Call } from "./open-calls.js";

interface Deps {
  readonly establish: Establish;
  readonly media: Media;
  readonly events: Pick<Events, "refused" | "broken">;
}

/** A call that the store answers. */
export interface ForStore {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly placed: Placed;
  /** What the caller has offered. */
  readonly offer: Uint8Array;
}

/** What the store made of it. */
export type StoreAnswer =
  | {
      readonly kind: "answered";
      readonly leg: StoreLeg;
      readonly answer: Uint8Array;
      /** What the caller is told beside the description. */
      readonly headers?: readonly HeaderField[];
    }
  | { readonly kind: "refused"; readonly reason: keyof typeof refusalFor };

/** The store is inside. */
export const storeReach = "tcp" as const;

/** What the caller is told when the store refuses. @spec DF-09 @spec DF-10 @spec DF-31 */
const refusalFor = {
  "quota-messages": "quota-full",
  "quota-bytes": "quota-full",
  "not-allowed": "offline-storage-off",
  "too-large": "size-exceeded",
  "not-acceptable": "media-refused",
  nothing: "nothing-stored",
  "nothing-of-that-name": "no-such-reference",
  "not-owner": "not-owner",
} as const satisfies Record<string, RefusalName>;

/** The store as an end point, behind the relay like any other. A store that does not answer is a 500. @spec DF-05 */
export async function answerFromStore(
  { establish, media, events }: Deps,
  { call, facts, placed, offer }: ForStore,
  calleeAor: string,
  ask: (offer: Uint8Array) => Promise<StoreAnswer>,
): Promise<SessionAnswer> {
  const made = await askStore(events, () => ask(placed.offerFor?.(storeReach) ?? offer));
  if (made?.kind === "answered") {
    const body = { type: "application/sdp", content: made.answer };
    const callerAor = call.invitation.sender.aor;
    const headers = [...(made.headers ?? [])];
    const callee = { leg: made.leg, reach: storeReach, contactParams: "", headers, body };
    return establish({ call, facts, placed, callerAor, calleeAor, callee });
  }
  await media.close(placed.anchor);
  return refuse(events, call.invitation, made ? refusalFor[made.reason] : "store-failed");
}

/** What the store makes of it; undefined: it does not answer. */
export async function askStore(
  events: Pick<Events, "broken">,
  ask: () => Promise<StoreAnswer>,
): Promise<StoreAnswer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    events.broken("the deferred store did not answer", error);
    return undefined;
  }
}
