import type { Anchor, SessionLeg, Side } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Refused } from "../domain/pager-limits.js";
import { readSessionContent } from "../domain/session-content.js";
import type { Legs } from "./legs.js";
import type { Media, Translated } from "./media.js";

interface Deps {
  readonly media: Media;
  readonly legs: Pick<Legs, "send">;
}

/** An answer of one side, and how that side reaches the relay. */
interface Answer {
  readonly anchor: Anchor | undefined;
  readonly from: Side;
  readonly leg: SessionLeg;
  readonly description: Uint8Array;
  readonly reach: Parameters<Media["answer"]>[1]["reach"];
}

/** What the other side is to get, and what the side that answered has said last. */
export type Settled =
  | { readonly kind: "settled"; readonly forOther: Uint8Array; readonly own: Uint8Array }
  | Refused;

/**
 * What a side has answered becomes what the other reads. An answer that a middlebox has changed leads to one more offer
 * to the side that gave it, without cema.
 *
 * @spec PF-08 @spec PF-09 @spec rfc6714#4.2
 */
export async function settleAnswer({ media, legs }: Deps, answer: Answer): Promise<Settled> {
  const { anchor, from, leg, description, reach } = answer;
  const translated = await media.answer(anchor, { from, description, reach });
  if (translated.kind !== "offer-again") return settledBy(translated, description);
  const second = await offerAgain(legs, leg, translated.description);
  if (second === undefined) return { kind: "refuse", name: "answer-unusable" };
  return settledBy(await media.answer(anchor, { from, description: second, reach }), second);
}

/** What a translation amounts to, for who cannot offer again. */
export function settledBy(translated: Translated, own: Uint8Array): Settled {
  switch (translated.kind) {
    case "translated":
      return { kind: "settled", forOther: translated.description, own };
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

async function offerAgain(
  legs: Deps["legs"],
  leg: SessionLeg,
  content: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (leg.kind !== "sip") return undefined;
  const body = { type: "application/sdp", content };
  const answer = await legs.send(leg, { method: "INVITE", headers: [], body });
  if (answer.kind !== "answered" || answer.status >= 300) return undefined;
  const read = readSessionContent(answer.body);
  return read.ok ? read.value.description : undefined;
}
