import type { Conversation, Side } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { readSessionContent } from "../domain/session-content.js";
import { reachOf } from "../domain/session-facts.js";
import type { Legs } from "./legs.js";
import type { Media } from "./media.js";
import { settleAnswer } from "./settle-answer.js";

interface Deps {
  readonly media: Media;
  readonly legs: Legs;
  readonly clock: Pick<Clock, "after">;
}

/** An offer that is ours. */
interface Offer {
  readonly content: Uint8Array;
  /** How long the side may take to agree. */
  readonly timeoutMs: number;
}

/** @spec rfc3261#14.1 */
const glareMs = 2_500;

/** What the side says to an offer, once it is settled with the relay; undefined: nothing that helps. @spec rfc3261#14.1 */
export async function offerSide(
  deps: Deps,
  { anchor, descriptions, ...legsOf }: Conversation,
  side: Side,
  { content, timeoutMs }: Offer,
): Promise<Uint8Array | undefined> {
  const leg = legsOf[side];
  if (leg.kind !== "sip") return undefined;
  const body = { type: "application/sdp", content };
  const request = { method: "INVITE", headers: [], body, timeoutMs };
  let answer = await deps.legs.send(leg, request);
  if (answer.kind === "answered" && answer.status === 491) {
    await new Promise<void>((resolve) => void deps.clock.after(glareMs, resolve));
    answer = await deps.legs.send(leg, request);
  }
  const read =
    answer.kind === "answered" && answer.status < 300 ? readSessionContent(answer.body) : undefined;
  if (!read?.ok || read.value.description === undefined) return undefined;
  const { description } = read.value;
  const given = { anchor, from: side, leg, description, reach: reachOf(descriptions[side]) };
  const settled = await settleAnswer(deps, given);
  return settled.kind === "settled" ? settled.own : undefined;
}
