import type { Anchor, Conversation, HeaderField, SessionBody } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { legReasons } from "../domain/leg-reasons.js";
import { toSubmission, type RefusalName } from "../domain/refusals.js";
import type { Refused } from "../domain/pager-limits.js";
import { readSessionContent, type SessionContent, sessionContentOf } from "../domain/session-content.js";
import { reachOf } from "../domain/session-facts.js";
import type { Sides } from "../domain/sides.js";
import type { Events } from "../events.js";
import type { EndConversation } from "./end-conversation.js";
import type { InDialog, InDialogAnswer, Legs } from "./legs.js";
import type { Given, Media, Translated } from "./media.js";
import type { OfferTurns, Turn } from "./offer-turns.js";
import type { Reanchoring } from "./reanchor.js";
import { settleAnswer } from "./settle-answer.js";

interface Deps {
  readonly media: Media;
  readonly legs: Pick<Legs, "send">;
  readonly endConversation: EndConversation;
  readonly reanchoring: Reanchoring;
  readonly turns: OfferTurns;
  readonly events: Pick<Events, "moved">;
}

/** An offer as it stands at the relay, and which relay that is by now. */
interface Offered {
  readonly anchor: Anchor | undefined;
  readonly offered: Translated;
}

/** A final answer inside a dialog. */
export interface DialogAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderField[];
  readonly body?: SessionBody | undefined;
}

/** A request of one side for the other. */
export interface Relayed extends InDialog {
  readonly conversation: Conversation;
  readonly sides: Sides;
}

/** An offer whose turn it is. */
interface InTurn {
  readonly turn: Turn;
  /** With the conversation as it is now. */
  readonly relayed: Relayed;
  /** What both sides have said, once they agree. */
  agreed: Conversation["descriptions"] | undefined;
}

/** Both sides have a new description of each other, or the one who asked is told why not. */
type Exchanged =
  | {
      readonly kind: "agreed";
      /** Where the session is anchored by now. */
      readonly anchor: Anchor | undefined;
      readonly answer: DialogAnswer;
      /** What the other side has answered. */
      readonly content: SessionContent;
      readonly others: Uint8Array;
      /** The same for this side. */
      readonly forOwn: Uint8Array;
    }
  | { readonly kind: "failed"; readonly answer: DialogAnswer };

/**
 * What goes between the sides of a session that is established.
 *
 * @spec PF-10 @spec rfc3261#14
 */
export class Renegotiation {
  constructor(private readonly deps: Deps) {}

  /** Offers to the other side what this one has offered, and answers what that answered. */
  offer(relayed: Relayed, content: SessionContent, description: Uint8Array): Promise<DialogAnswer> {
    return this.#inTurn(relayed, async (turn) => {
      const exchanged = await this.#exchange(turn, content, description);
      if (exchanged.kind === "failed") return exchanged.answer;
      return { ...exchanged.answer, body: exchanged.content.with(exchanged.forOwn) };
    });
  }

  /**
   * Without an offer of this side the other is offered what this one has said last; what it answers is our offer, and
   * the ACK will have the answer to that.
   *
   * @spec GEN-44 @spec rfc3261#14.1 @spec R-participating-17
   */
  offerless(relayed: Relayed): Promise<DialogAnswer> {
    return this.#inTurn(relayed, async (turn) => {
      const { conversation, sides } = turn.relayed;
      const last = conversation.descriptions[sides.own];
      const exchanged = await this.#exchange(turn, sessionContentOf(last), last);
      if (exchanged.kind === "failed") return exchanged.answer;
      const offered = await this.deps.media.offer(exchanged.anchor, {
        from: sides.other,
        description: exchanged.others,
        reach: reachOf(last),
      });
      if (offered.kind !== "translated") return refusedBy(offered);
      return { ...exchanged.answer, body: exchanged.content.with(offered.description) };
    });
  }

  /** Sends on what has nothing to do with the media; the store takes no requests, and who only rings cannot. @spec PF-07 */
  async pass(relayed: Relayed): Promise<DialogAnswer> {
    const { kind } = relayed.sides.otherLeg;
    if (kind === "store") return { status: 405, reason: "Method Not Allowed", headers: [] };
    return this.#send(relayed, relayed);
  }

  /** Both sides may offer at once; the second has to come again. @spec GEN-15 */
  async #inTurn(relayed: Relayed, work: (turn: InTurn) => Promise<DialogAnswer>): Promise<DialogAnswer> {
    const turn = await this.deps.turns.take(relayed.conversation.id);
    switch (turn.kind) {
      case "busy":
      case "ringing":
        return { status: 491, reason: "Request Pending", headers: [] };
      case "over":
        return { status: 481, reason: "Call/Transaction Does Not Exist", headers: [] };
      case "taken": {
        const inTurn: InTurn = {
          turn,
          relayed: { ...relayed, conversation: turn.conversation },
          agreed: undefined,
        };
        try {
          return await work(inTurn);
        } finally {
          await this.deps.turns.release(turn, inTurn.agreed);
        }
      }
      default:
        return unreachable(turn);
    }
  }

  async #exchange(inTurn: InTurn, content: SessionContent, description: Uint8Array): Promise<Exchanged> {
    const { relayed } = inTurn;
    const { conversation, sides } = relayed;
    const reach = reachOf(conversation.descriptions[sides.other]);
    const { anchor, offered } = await this.#translate(inTurn, { from: sides.own, description, reach });
    if (offered.kind !== "translated") return { kind: "failed", answer: refusedBy(offered) };
    const answer = await this.#ask(relayed, content.with(offered.description));
    const answered = answer.status < 300 ? readSessionContent(answer.body) : undefined;
    if (!answered) return { kind: "failed", answer };
    if (!answered.ok || answered.value.description === undefined) return failed("answer-unusable");
    const settled = await settleAnswer(this.deps, {
      anchor,
      from: sides.other,
      leg: sides.otherLeg,
      description: answered.value.description,
      reach,
    });
    if (settled.kind === "refuse") return { kind: "failed", answer: refusedBy(settled) };
    const { forOther: forOwn, own: others } = settled;
    inTurn.agreed =
      sides.own === "caller"
        ? { caller: description, callee: others }
        : { caller: others, callee: description };
    return { kind: "agreed", anchor, answer, content: answered.value, others, forOwn };
  }

  /**
   * A client that has lost its connection offers again at once: when the relay is gone with it, the session moves before
   * the sweep has found that out. Where no other relay is there, the client may come again.
   *
   * @spec PF-11 @spec MS-47
   */
  async #translate({ turn, relayed: { conversation } }: InTurn, given: Given): Promise<Offered> {
    const { media, reanchoring, events } = this.deps;
    const { anchor } = conversation;
    const offered = await media.offer(anchor, given);
    const placed =
      offered.kind === "gone"
        ? await reanchoring.find(conversation, { offer: undefined, patienceMs: 0 })
        : undefined;
    if (!placed) return { anchor, offered };
    await reanchoring.claim(turn, placed);
    events.moved(conversation.id);
    return { anchor: placed.anchor, offered: await media.offer(placed.anchor, given) };
  }

  /** The store says again what it has said. */
  async #ask(relayed: Relayed, body: SessionBody): Promise<DialogAnswer> {
    const { conversation, sides, method, headers } = relayed;
    if (sides.otherLeg.kind === "store") {
      const said = sessionContentOf(conversation.descriptions[sides.other]);
      return {
        status: 200,
        reason: "OK",
        headers: [],
        body: said.with(conversation.descriptions[sides.other]),
      };
    }
    return this.#send(relayed, { method, headers, body });
  }

  async #send(relayed: Relayed, request: InDialog): Promise<DialogAnswer> {
    const { otherLeg } = relayed.sides;
    if (otherLeg.kind !== "sip") return { status: 480, reason: "Temporarily Unavailable", headers: [] };
    const sent = await this.deps.legs.send(otherLeg, request);
    return sent.kind === "answered" ? answerOf(sent) : this.#unanswered(relayed, sent);
  }

  /** Who is silent may be back later: its own dialog decides. Who is gone ends the session. @spec PF-11 @spec GEN-37 @spec rfc4320#4.2 */
  async #unanswered(
    { conversation, sides, method }: Relayed,
    { kind }: Exclude<InDialogAnswer, { kind: "answered" }>,
  ): Promise<DialogAnswer> {
    if (kind === "silent") {
      return method === "INVITE"
        ? { status: 408, reason: "Request Timeout", headers: [] }
        : { status: 504, reason: "Server Time-out", headers: [] };
    }
    const ending = { over: sides.otherLeg.leg, reason: legReasons.gone, why: "leg-lost" } as const;
    await this.deps.endConversation(conversation.id, ending);
    return { status: 480, reason: "Temporarily Unavailable", headers: [] };
  }
}

function answerOf({ status, reason, headers, body }: DialogAnswer): DialogAnswer {
  return { status, reason, headers, ...(body && { body }) };
}

function failed(name: RefusalName): Exchanged {
  return { kind: "failed", answer: refusedBy({ kind: "refuse", name }) };
}

/** A refusal as it stands inside a dialog. */
export function refusedBy(refused: Refused | { readonly kind: "gone" | "offer-again" }): DialogAnswer {
  if (refused.kind !== "refuse") return refusedBy({ kind: "refuse", name: "media-unavailable" });
  const { status, reason, headers = [] } = toSubmission(refused.name, refused.details);
  return { status, reason, headers };
}
