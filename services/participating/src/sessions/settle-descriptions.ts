import type { SessionLeg } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Refused } from "../domain/pager-limits.js";
import { readSessionContent } from "../domain/session-content.js";
import type { SessionFacts } from "../domain/session-facts.js";
import type { Legs } from "./legs.js";
import type { Media, Placed, Translated } from "./media.js";

interface Deps {
  readonly media: Media;
  readonly legs: Pick<Legs, "send">;
}

interface Answered {
  readonly facts: Pick<SessionFacts, "content" | "reach">;
  readonly placed: Placed;
  readonly callee: { readonly leg: SessionLeg };
}

/** What the caller is to get, and what the callee has said last. */
export type Settled =
  | { readonly kind: "settled"; readonly caller: Uint8Array; readonly callee: Uint8Array }
  | Refused;

/**
 * What the callee has written becomes what the caller reads: its answer, or its offer where the caller made none. An
 * answer that a middlebox has changed leads to one more offer to the callee, without cema.
 *
 * @spec PF-08 @spec PF-09 @spec GEN-44 @spec rfc6714#4.2
 */
export async function settleDescriptions(
  deps: Deps,
  answered: Answered,
  description: Uint8Array,
): Promise<Settled> {
  const { facts, placed } = answered;
  const given = { from: "callee", description, reach: facts.reach } as const;
  if (facts.content.description === undefined) {
    return settledBy(await deps.media.offer(placed.anchor, given), description);
  }
  const translated = await deps.media.answer(placed.anchor, given);
  if (translated.kind !== "offer-again") return settledBy(translated, description);
  const second = await offerAgain(deps, answered, translated.description);
  if (second === undefined) return { kind: "refuse", name: "answer-unusable" };
  return settledBy(await deps.media.answer(placed.anchor, { ...given, description: second }), second);
}

/** The answer to the second offer. */
async function offerAgain(
  { legs }: Deps,
  { callee: { leg } }: Answered,
  content: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (leg.kind !== "sip") return undefined;
  const body = { type: "application/sdp", content };
  const answer = await legs.send(leg, { method: "INVITE", headers: [], body });
  if (answer.kind !== "answered" || answer.status >= 300) return undefined;
  const read = readSessionContent(answer.body);
  return read.ok ? read.value.description : undefined;
}

function settledBy(translated: Translated, callee: Uint8Array): Settled {
  switch (translated.kind) {
    case "translated":
      return { kind: "settled", caller: translated.description, callee };
    case "refuse":
      return translated;
    case "gone":
      return { kind: "refuse", name: "media-unavailable" };
    case "offer-again":
      return { kind: "refuse", name: "answer-unusable" };
    default:
      return unreachable(translated);
  }
}
