import { type Bus, participating } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { MsrpEndpoints } from "@heliograph/msrp-stack";
import type { DeferredMessage } from "../domain/deferred-message.js";
import { msrpItemOf } from "../domain/msrp-item.js";
import { invitationOf } from "../domain/push-invitation.js";
import { type OurEnd, offerMessage, takeOwnersAnswer } from "../domain/store-description.js";
import type { Events } from "../events.js";
import { type Leg, type Legs, TooManyLegs } from "../legs/legs.js";
import { leaveSession } from "../legs/leave-session.js";
import { type ItemOutcome, type SendDeps, sendItem } from "./send-item.js";

/** What pushing by session needs. */
export interface SessionPushDeps extends SendDeps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly endpoints: Pick<MsrpEndpoints, "open">;
  readonly newEnd: () => OurEnd;
  readonly legs: Pick<Legs, "open">;
  readonly events: Pick<Events, "gave" | "troubled">;
  readonly storeUser: string;
}

/** What a push came to. */
export type SessionPush =
  | { readonly kind: "delivered" }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "damaged" };

/** Whether a message goes by MSRP: it is a large one, or was too large for a SIP message. @spec DF-34 @spec DF-46 */
export const goesBySession = ({ large, cause }: DeferredMessage): boolean =>
  large !== undefined || cause === "too-large-for-transport";

/**
 * Pushes a message in a session of its own: invites the owner's devices, gives the message to the one that answers and
 * leaves. Throws what the bus throws.
 *
 * @spec DF-33 @spec DF-34 @spec DF-48
 */
export function pushBySession(deps: SessionPushDeps): (found: DeferredMessage) => Promise<SessionPush> {
  return async (found) => {
    let leg: Leg;
    try {
      leg = deps.legs.open("push");
    } catch (error) {
      if (!(error instanceof TooManyLegs)) throw error;
      return { kind: "unreachable", reason: error.message };
    }
    let conversation: string | undefined;
    try {
      return await inviteAndGive(deps, found, leg, (answered) => {
        conversation = answered;
      });
    } finally {
      void over(deps, leg, conversation);
    }
  };
}

/** The outcome does not wait for the end of the session. */
async function over(deps: SessionPushDeps, leg: Leg, conversation: string | undefined): Promise<void> {
  if (conversation !== undefined) await leaveSession(deps, { conversation, leg: leg.id.leg });
  leg.close("pushed");
}

async function inviteAndGive(
  deps: SessionPushDeps,
  found: DeferredMessage,
  leg: Leg,
  onAnswered: (conversation: string) => void,
): Promise<SessionPush> {
  const { bus, clock, chance, newEnd, storeUser } = deps;
  const { owner, message } = found;
  const item = msrpItemOf(found);
  const end = newEnd();
  const offer = offerMessage(end, item.size);
  const nowMs = clock.nowMs();
  const id = `${nowMs.toString(36).padStart(9, "0")}${chance.token(8)}`;
  const invitation = invitationOf({ id, owner, message, storeUser, leg: leg.id, offer, nowMs });
  const reply = await bus.request(participating.pushLargeMessage, {}, { invitation, sizeBytes: item.size });
  if (reply.kind !== "answered") return reply;
  onAnswered(reply.conversation);
  return toPush(await give(deps, { found, leg }, { end, offer, answer: reply.answer }));
}

interface Giving {
  readonly found: DeferredMessage;
  readonly leg: Leg;
}

interface Descriptions {
  readonly end: OurEnd;
  readonly offer: Uint8Array;
  readonly answer: Uint8Array;
}

async function give(
  deps: SessionPushDeps,
  { found, leg }: Giving,
  { end, offer, answer }: Descriptions,
): Promise<ItemOutcome> {
  const agreed = takeOwnersAnswer(end, offer, answer);
  if (!agreed) return { kind: "lost", reason: "the answer takes no message" };
  const session = deps.endpoints.open(agreed);
  leg.attach(session);
  try {
    await session.bound;
  } catch (error) {
    return { kind: "lost", reason: error instanceof Error ? error.message : "never bound" };
  }
  leg.touch();
  return sendItem(session, found, deps, () => leg.touch());
}

function toPush(outcome: ItemOutcome): SessionPush {
  switch (outcome.kind) {
    case "taken":
      return { kind: "delivered" };
    case "lost":
      return { kind: "unreachable", reason: outcome.reason };
    case "refused":
    case "damaged":
      return outcome;
    default:
      return outcome satisfies never;
  }
}
