import { type Anchor, type Bus, BusError, msrpRelay, type Side, type Warning } from "@heliograph/contracts";
import type { Refused } from "../domain/pager-limits.js";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly events: Pick<Events, "broken">;
  /** `never`: the ends speak to each other directly, and what they write passes untouched. @spec PF-08 */
  readonly mediaAnchor: "always" | "never";
}

type Reach = msrpRelay.Reach;

/** Where a new session is anchored, and what each kind of device is offered. */
export interface Placed {
  readonly kind: "placed";
  readonly anchor: Anchor | undefined;
  /** Absent where the caller has made no offer. */
  readonly offerFor: ((reach: Reach) => Uint8Array) | undefined;
}

/** What a description of one side is to the other. */
export type Translated =
  | { readonly kind: "translated"; readonly description: Uint8Array }
  /** The side that answered has to be offered this. @spec rfc6714#4.2 */
  | { readonly kind: "offer-again"; readonly description: Uint8Array }
  /** The relay, or the session there, is gone. */
  | { readonly kind: "gone" }
  | Refused;

/** A description that one side gives about an anchored session. */
export interface Given {
  readonly from: Side;
  readonly description: Uint8Array;
  /** How the side reaches the relay that was, or will be, offered something: the other one for an offer, this one for an answer. */
  readonly reach: Reach;
}

/**
 * The way of the media: through a relay that is told by bus, or past us. Nothing here throws because a relay is away.
 *
 * Goes on to `msrp-relay/src/handlers/`.
 *
 * @spec PF-08 @spec PF-09 @spec PF-10
 */
export class Media {
  constructor(private readonly deps: Deps) {}

  get isAnchored(): boolean {
    return this.deps.mediaAnchor === "always";
  }

  /** Puts a relay between both ends of a new session. */
  async place(
    conversation: string,
    offer: Uint8Array | undefined,
    policy: msrpRelay.MediaPolicy,
  ): Promise<Placed | Refused> {
    if (!this.isAnchored) {
      return { kind: "placed", anchor: undefined, offerFor: offer && (() => offer) };
    }
    const input = { conversation, ...(offer && { offer }), policy };
    const reply = await this.#anchor(input);
    if (reply === undefined) return { kind: "refuse", name: "media-unavailable" };
    if (reply.kind === "refused") return refusedBy(reply);
    const { anchor, offers } = reply;
    if (offer === undefined) return { kind: "placed", anchor, offerFor: undefined };
    if (offers) return { kind: "placed", anchor, offerFor: (reach) => offers[reach] };
    await this.close(anchor);
    return { kind: "refuse", name: "media-unavailable", details: { because: "no offer" } };
  }

  /** An offer by one side becomes that for the other. */
  async offer(anchor: Anchor | undefined, { from, description, reach }: Given): Promise<Translated> {
    if (!anchor) return { kind: "translated", description };
    const { node, session } = anchor;
    const input = { session, from, offer: description, reach };
    const reply = await this.#ask(() => this.deps.bus.request(msrpRelay.translateOffer, { node }, input));
    return toTranslated(reply);
  }

  /** An answer by one side becomes that for the other, and the media may flow. */
  async answer(anchor: Anchor | undefined, { from, description, reach }: Given): Promise<Translated> {
    if (!anchor) return { kind: "translated", description };
    const { node, session } = anchor;
    const input = { session, from, answer: description, reach };
    const reply = await this.#ask(() => this.deps.bus.request(msrpRelay.translateAnswer, { node }, input));
    return toTranslated(reply);
  }

  /** An answer for the caller before there is one of the callee. @spec PF-07 */
  async answerForCallee({ node, session }: Anchor): Promise<Translated> {
    const reply = await this.#ask(() =>
      this.deps.bus.request(msrpRelay.answerForCallee, { node }, { session }),
    );
    return toTranslated(reply);
  }

  /** Lets the relay forget a session; one that is gone has. */
  async close(anchor: Anchor | undefined): Promise<void> {
    if (!anchor) return;
    const { node, session } = anchor;
    await this.#ask(() => this.deps.bus.request(msrpRelay.closeSession, { node }, { session }));
  }

  /** A relay that is full, or that stops, still takes its turn: another one may be next. */
  async #anchor(input: AnchorInput): Promise<AnchorReply | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#ask(() => this.deps.bus.request(msrpRelay.anchorSession, {}, input));
      const isFull = reply?.kind === "refused" && reply.status === 503;
      if (!isFull || attempt === mostAttempts) return reply;
    }
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (error.failure !== "no-responder") this.deps.events.broken("a relay did not answer", error);
      return undefined;
    }
  }
}

const mostAttempts = 5;

interface AnchorInput {
  readonly conversation: string;
  readonly offer?: Uint8Array;
  readonly policy: msrpRelay.MediaPolicy;
}

type AnchorReply =
  | {
      readonly kind: "anchored";
      readonly anchor: Anchor;
      readonly offers?: { readonly [reach in Reach]: Uint8Array } | undefined;
    }
  | RelayRefusal;

interface RelayRefusal {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly warning?: Warning | undefined;
}

type Reply =
  | { readonly kind: "translated" | "offer-again"; readonly description: Uint8Array }
  | { readonly kind: "no-such-session" }
  | RelayRefusal;

function toTranslated(reply: Reply | undefined): Translated {
  if (reply === undefined || reply.kind === "no-such-session") return { kind: "gone" };
  return reply.kind === "refused" ? refusedBy(reply) : reply;
}

function refusedBy({ status, reason, warning }: RelayRefusal): Refused {
  return {
    kind: "refuse",
    name: "media-refused",
    details: { status, because: reason, ...(warning && { warning }) },
  };
}
