import type { Conversation, Side } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { legReasons } from "../domain/leg-reasons.js";
import { readSessionContent } from "../domain/session-content.js";
import { reachOf, servicesOf } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import type { Events } from "../events.js";
import type { Conversations } from "../ports.js";
import type { EndConversation } from "./end-conversation.js";
import type { Legs } from "./legs.js";
import type { Media } from "./media.js";
import { settleAnswer } from "./settle-answer.js";

interface Deps {
  readonly conversations: Pick<Conversations, "change">;
  readonly media: Media;
  readonly legs: Legs;
  readonly endConversation: EndConversation;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "moved">;
  readonly sessionLimits: SessionLimits;
  readonly conversationTtlMs: number;
}

/** Takes a session to another relay because its own is gone or going, or ends it. */
export type MoveConversation = (conversation: Conversation) => Promise<void>;

/** How long a side may take to agree to the new place. */
const agreeMs = 3_000;
/** @spec rfc3261#14.1 */
const glareMs = 2_500;

/**
 * Anchors the session anew, by what each side has said last: the callee is offered what the caller said, the caller what
 * the callee answers. Whoever takes the conversation to its new place first does it; others find that it has moved.
 *
 * @spec PF-11 @spec MS-47
 */
export function moveConversation(deps: Deps): MoveConversation {
  const { conversations, media, endConversation, events, conversationTtlMs } = deps;
  return async (conversation) => {
    const claimed = await claim(conversation);
    if (claimed === "elsewhere") return;
    const hasMoved = claimed !== "nowhere" && (await agree(claimed));
    if (hasMoved) events.moved(conversation.id);
    else await endConversation(conversation.id, { reason: legReasons.unavailable, why: "relay-lost" });
    if (claimed !== "nowhere") await media.close(conversation.anchor);
  };

  /** The conversation with its new place, and what is offered to the callee there. */
  async function claim(conversation: Conversation): Promise<Moved | "elsewhere" | "nowhere"> {
    const { id, purpose, caller, callee, anchor, descriptions } = conversation;
    if (caller.kind !== "sip" || callee.kind !== "sip" || descriptions.caller.length === 0) return "nowhere";
    const services = servicesOf(purpose, descriptions.caller);
    const policy = mediaPolicyFor({ purpose, services }, deps.sessionLimits);
    const placed = await media.place(id, descriptions.caller, policy);
    if (placed.kind === "refuse" || !placed.anchor || !placed.offerFor) return "nowhere";
    const to = placed.anchor;
    const kept = await conversations.change(id, conversationTtlMs, (current) =>
      current.anchor?.session === anchor?.session ? { ...current, anchor: to } : current,
    );
    if (kept?.anchor?.session === to.session) return { conversation: kept, offerFor: placed.offerFor };
    await media.close(to);
    return "elsewhere";
  }

  async function agree({ conversation, offerFor }: Moved): Promise<boolean> {
    const { id, anchor, descriptions } = conversation;
    const calleeSays = await offer(deps, conversation, "callee", offerFor(reachOf(descriptions.callee)));
    if (calleeSays === undefined) return false;
    const given = { from: "callee", description: calleeSays, reach: reachOf(descriptions.caller) } as const;
    const offered = await media.offer(anchor, given);
    if (offered.kind !== "translated") return false;
    const callerSays = await offer(deps, conversation, "caller", offered.description);
    if (callerSays === undefined) return false;
    const changed = await conversations.change(id, conversationTtlMs, (current) => ({
      ...current,
      descriptions: { caller: callerSays, callee: calleeSays },
    }));
    return changed !== undefined;
  }
}

interface Moved {
  readonly conversation: Conversation;
  readonly offerFor: (reach: ReturnType<typeof reachOf>) => Uint8Array;
}

/** What the side says to an offer, once it is settled with the relay; undefined: nothing that helps. @spec rfc3261#14.1 */
async function offer(
  deps: Pick<Deps, "media" | "legs" | "clock">,
  { anchor, descriptions, ...legsOf }: Conversation,
  side: Side,
  content: Uint8Array,
): Promise<Uint8Array | undefined> {
  const leg = legsOf[side];
  if (leg.kind !== "sip") return undefined;
  const body = { type: "application/sdp", content };
  const request = { method: "INVITE", headers: [], body, timeoutMs: agreeMs };
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
