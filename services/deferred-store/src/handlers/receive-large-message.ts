import type { Bus, deferredStore } from "@heliograph/contracts";
import type { MsrpEndpoints } from "@heliograph/msrp-stack";
import type { z } from "zod";
import { answerOffer, type OurEnd } from "../domain/store-description.js";
import type { LegRefusal } from "../events.js";
import { leaveSession } from "../legs/leave-session.js";
import { conversationOver, type Legs } from "../legs/legs.js";
import type { Queues, StorageRules } from "../ports.js";
import { type ReceiveDeps, receiveMessages } from "../receive/receive-messages.js";

interface Deps extends ReceiveDeps {
  readonly bus: Pick<Bus, "request">;
  readonly endpoints: Pick<MsrpEndpoints, "open">;
  readonly newEnd: () => OurEnd;
  readonly legs: Pick<Legs, "open">;
  readonly queues: Pick<Queues, "usageOf">;
  readonly rules: StorageRules;
  readonly quota: {
    readonly maxMessages: number;
    readonly maxBytes: number;
    readonly whenFull: "reject-new" | "drop-oldest";
  };
}

type Input = z.output<typeof deferredStore.receiveLargeMessage.input>;
type Output = z.output<typeof deferredStore.receiveLargeMessage.output>;

/** More does not fit the column that counts it. */
const mostBytes = 2 ** 31 - 1;

/**
 * Takes the place of a recipient who is away: answers the offer as an MSRP end point that only receives. What is known
 * already to be refused is refused now, and what becomes known later by the MSRP status of the message.
 *
 * Comes from `participating`, which ends the session with `close-leg`, and hears by `leave-session` of one that we end: the
 * message has the name of the conversation.
 *
 * @spec DF-05 @spec DF-09 @spec DF-10
 */
export function receiveLargeMessage(deps: Deps) {
  const { endpoints, legs, rules, quota, events } = deps;
  return async ({ message, owner, offer, messages, maxBytes }: Input): Promise<Output> => {
    if (!(await rules.allowsStorage(owner, message.sender.aor))) return refuse("not-allowed");
    const end = deps.newEnd();
    const most = Math.min(maxBytes, quota.maxBytes, mostBytes);
    const answered = answerOffer(offer, end, { direction: "recvonly", maxBytes: most });
    if (answered.kind === "refused") return refuse(answered.reason);
    if ((answered.announcedBytes ?? 0) > most) return refuse("too-large");
    const lack = await lackOf(owner, answered.announcedBytes ?? 0);
    if (lack) return refuse(lack);
    const leg = legs.open("upload");
    const session = endpoints.open(answered.agreed);
    receiveMessages(deps, { message, owner, messages }, leg, session);
    leg.attach(session);
    leg.onClosed((reason) => {
      if (reason !== conversationOver) void leaveSession(deps, { conversation: message.id, leg: leg.id.leg });
    });
    return { kind: "answered", leg: leg.id, answer: answered.answer };
  };

  async function lackOf(owner: string, bytes: number): Promise<LegRefusal | undefined> {
    if (quota.whenFull === "drop-oldest") return undefined;
    const usage = await deps.queues.usageOf(owner);
    if (usage.waiting >= quota.maxMessages) return "quota-messages";
    return usage.bytes + bytes > quota.maxBytes ? "quota-bytes" : undefined;
  }

  function refuse(reason: LegRefusal): Output {
    events.legRefused(reason);
    return { kind: "refused", reason };
  }
}
