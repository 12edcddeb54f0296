import type { Conversation } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { legReasons } from "../domain/leg-reasons.js";
import { reachOf } from "../domain/session-facts.js";
import type { Events } from "../events.js";
import { AtMost } from "./at-most.js";
import type { EndConversation } from "./end-conversation.js";
import type { Legs } from "./legs.js";
import type { Media, Placed } from "./media.js";
import { offerSide } from "./offer-side.js";
import type { OfferTurns, Turn } from "./offer-turns.js";
import type { Reanchoring } from "./reanchor.js";

interface Deps {
  readonly media: Media;
  readonly legs: Legs;
  readonly endConversation: EndConversation;
  readonly clock: Pick<Clock, "after">;
  readonly reanchoring: Reanchoring;
  readonly turns: OfferTurns;
  readonly events: Pick<Events, "moved">;
}

/** Takes a session to another relay because its own is gone or going, or ends it. */
export type MoveConversation = (conversation: Conversation, patienceMs: number) => Promise<void>;

/** As many sessions send re-INVITEs at once, and no more. */
const mostAgreeing = 64;
/** How long a side may take to agree to the new place. */
const agreeMs = 3_000;
const at = (content: Uint8Array) => ({ content, timeoutMs: agreeMs });

/**
 * Anchors the session anew, by what each side has said last: the callee is offered what the caller said, the caller what
 * the callee answers. Where devices still ring there is nothing to move: the relay had what the caller has sent, and the
 * session ends. A session in which an offer is on its way already is left to that, which finds the relay gone, too.
 * `patienceMs`: how long to wait for a relay to come.
 *
 * @spec PF-07 @spec PF-11 @spec MS-47
 */
export function moveConversation(deps: Deps): MoveConversation {
  const { media, reanchoring, turns, endConversation, events } = deps;
  const agreeing = new AtMost(mostAgreeing);
  return async (lost, patienceMs) => {
    const { caller } = lost.descriptions;
    const placed =
      caller.length > 0 ? await reanchoring.find(lost, { offer: caller, patienceMs }) : undefined;
    const turn = await turns.take(lost.id);
    if (turn.kind === "ringing")
      return endConversation(lost.id, { reason: legReasons.unavailable, why: "relay-lost" });
    const isOurs = turn.kind === "taken" && turn.conversation.anchor?.session === lost.anchor?.session;
    if (!isOurs) {
      if (turn.kind === "taken") await turns.release(turn);
      await media.close(placed?.anchor);
      return;
    }
    const hasMoved = placed !== undefined && (await move(turn, placed));
    if (hasMoved) events.moved(lost.id);
    else await endConversation(lost.id, { reason: legReasons.unavailable, why: "relay-lost" });
    if (placed) await media.close(lost.anchor);
  };

  async function move(turn: Turn, placed: Placed): Promise<boolean> {
    await reanchoring.claim(turn, placed);
    const conversation = { ...turn.conversation, ...(placed.anchor && { anchor: placed.anchor }) };
    const agreed = await agreeing.run(() => agree(conversation, placed));
    return agreed !== undefined && (await turns.release(turn, agreed));
  }

  /** What both sides say at the new place; undefined: one of them does not go there. */
  async function agree(
    conversation: Conversation,
    { offerFor }: Placed,
  ): Promise<Conversation["descriptions"] | undefined> {
    const { anchor, descriptions } = conversation;
    const calleeOffer = offerFor?.(reachOf(descriptions.callee));
    const callee = calleeOffer && (await offerSide(deps, conversation, "callee", at(calleeOffer)));
    if (callee === undefined) return undefined;
    const given = { from: "callee", description: callee, reach: reachOf(descriptions.caller) } as const;
    const offered = await media.offer(anchor, given);
    if (offered.kind !== "translated") return undefined;
    const caller = await offerSide(deps, conversation, "caller", at(offered.description));
    return caller && { caller, callee };
  }
}
