import type { Resolved } from "./address-match.js";
import { type CemaSide, decideCemaOutcome } from "./cema.js";
import { type ConnectTarget, connectTargetOf } from "./connect-target.js";
import { answerDirections, type Direction } from "./direction.js";
import type { Media, MsrpDescription } from "./msrp-description.js";
import type { MsrpMedia } from "./msrp-media.js";
import { type Role, roleOfOfferer } from "./setup.js";

/** What became of one section of our offer. */
export type MediaOutcome =
  | { readonly kind: "refused" }
  | {
      readonly kind: "open";
      readonly peer: MsrpMedia;
      readonly role: Role;
      /** Which way messages go, from our side. */
      readonly direction: Direction;
      readonly connectTo?: ConnectTarget;
    };

/** What an answer to our offer means. */
export type AnswerOutcome =
  | { readonly kind: "taken"; readonly media: readonly MediaOutcome[] }
  | { readonly kind: "offer again without cema" }
  | { readonly kind: "illegal"; readonly index: number; readonly reason: string };

/**
 * Decides what the offerer does with an answer. One that breaks the rules of offer and answer is illegal: the
 * session ends.
 *
 * @spec rfc3264#7
 * @spec rfc6714#4.2
 */
export function takeAnswer(
  offer: MsrpDescription,
  answer: MsrpDescription,
  { usesRelay }: Pick<CemaSide, "usesRelay">,
  resolved: Resolved = new Map(),
): AnswerOutcome {
  if (offer.media.length !== answer.media.length) {
    return { kind: "illegal", index: offer.media.length, reason: "another number of media sections" };
  }
  const media: MediaOutcome[] = [];
  for (const [index, ours] of offer.media.entries()) {
    const outcome = takeMedia(ours, answer.media[index], usesRelay, resolved);
    if (typeof outcome === "string") return { kind: "illegal", index, reason: outcome };
    if (outcome.kind === "offer again without cema") return outcome;
    media.push(outcome);
  }
  return { kind: "taken", media };
}

type Taken = MediaOutcome | { readonly kind: "offer again without cema" } | string;

function takeMedia(ours: Media, theirs: Media | undefined, usesRelay: boolean, resolved: Resolved): Taken {
  if (theirs?.line.media !== ours.line.media) return "another media type";
  if (theirs.line.protocol !== ours.line.protocol) return "another transport";
  if (theirs.kind === "removed") return { kind: "refused" };
  if (ours.kind === "removed") return "a section that was not offered";
  if (ours.kind === "other" || theirs.kind === "other") return { kind: "refused" };
  return openMedia(ours, theirs, usesRelay, resolved);
}

/** The direction is what both want, also when the answer claims more than was offered. @spec R-sdp-5 */
function openMedia(ours: MsrpMedia, theirs: MsrpMedia, usesRelay: boolean, resolved: Resolved): Taken {
  const role = roleOfOfferer[ours.setup ?? "unsaid"][theirs.setup ?? "unsaid"];
  if (role === "conflict") return "both sides have the same setup role";
  const way = ours.hasCema ? decideCemaOutcome(theirs, role, usesRelay, resolved) : "connect by path";
  if (way === "offer again without cema") return { kind: way };
  const direction = answerDirections[theirs.direction][ours.direction];
  const open = { kind: "open", peer: theirs, role, direction } as const;
  if (role === "passive") return open;
  return { ...open, connectTo: connectTargetOf(theirs, way === "connect by path" ? "path" : "c/m-line") };
}
