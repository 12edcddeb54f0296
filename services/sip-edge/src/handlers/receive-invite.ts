import type { Chance, Clock } from "@heliograph/kernel";
import type { Dialogs, IncomingRequest } from "@heliograph/sip";
import { type Answer, answerToSessionFailure, busy, noUser } from "../domain/answer.js";
import { checkInvite } from "../domain/check-invite.js";
import type { MessageRules } from "../domain/check-message.js";
import { contactUri, type Reach } from "../domain/leg-contact.js";
import type { Legs } from "../domain/legs.js";
import type { MessageIds } from "../domain/message-ids.js";
import type { OpenRequests } from "../domain/open-requests.js";
import { repeated } from "../domain/repeated.js";
import type { WaitingSources } from "../domain/waiting-sources.js";
import type { Events, Refusal } from "../events.js";
import { Caller } from "./caller.js";
import type { identify } from "./identify.js";
import type { Asked, readRequest } from "./read-request.js";
import type { Call, submitInvitation } from "./submit-invitation.js";

interface Deps {
  readonly dialogs: Pick<Dialogs, "answer">;
  readonly legs: Legs;
  readonly read: ReturnType<typeof readRequest>;
  readonly identify: ReturnType<typeof identify>;
  readonly submit: ReturnType<typeof submitInvitation>;
  readonly openRequests: OpenRequests;
  /** Of others than trusted cores and neighbours. */
  readonly sources: WaitingSources;
  readonly ids: MessageIds;
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly events: Events;
  readonly rules: MessageRules;
  readonly reach: () => Reach;
}

/**
 * Takes an INVITE outside of any dialog. Gives the answer to one that is turned away at once; every other one is
 * answered when its invitation is, by `submit-invitation.ts`.
 *
 * @spec GEN-04 @spec GEN-09 @spec GEN-11 @spec GEN-14 @spec GEN-40 @spec GEN-44 @spec PF-02 @spec SC-08
 */
export function receiveInvite(deps: Deps) {
  const { legs, events } = deps;

  return (incoming: IncomingRequest): Answer | undefined => {
    const receivedAtMs = deps.clock.nowMs();
    const asked = deps.read(incoming);
    if (asked.kind === "answer") return asked.answer;
    if (legs.isFull) return refuse(busy("Too Many Sessions"), "overload");
    const isKnown = asked.source.kind !== "unknown";
    const leave = isKnown ? nothing : deps.sources.enter(incoming.flow.remoteAddress);
    if (!leave) return refuse(busy("Too Many Sessions From This Address"), "overload");
    const call = takeUp(asked, receivedAtMs, leave);
    if (call.caller.isOver) return undefined;
    void decide(call).then(
      (refusal) => refusal && call.caller.refuse(refusal),
      (cause: unknown) => {
        events.brokeOff("INVITE", cause);
        call.caller.refuse(answerToSessionFailure(cause));
      },
    );
    return undefined;
  };

  function takeUp(asked: Asked, receivedAtMs: number, leave: () => void): Call {
    const { incoming } = asked;
    const leg = deps.chance.token(legBytes);
    const invite = deps.dialogs.answer(incoming);
    const caller = new Caller({
      invitation: deps.ids.next(),
      invite,
      contactUri: contactUri(deps.chance.token(contactBytes), incoming.flow, deps.reach()),
      events,
      over: () => {
        legs.delete(leg);
        leave();
      },
    });
    if (!caller.isOver) legs.set(leg, caller);
    return { asked, caller, leg, receivedAtMs };
  }

  /** Why the INVITE is refused; undefined when it has its answer. */
  async function decide(call: Call): Promise<Answer | undefined> {
    const { asked } = call;
    const { request } = asked.incoming;
    const found = await deps.identify(asked);
    if (found.kind === "answer") return found.answer;
    const unfit = checkInvite(request, deps.rules, asked.source.kind === "core");
    if (unfit) return refuse(unfit.answer, unfit.why);
    if (asked.isForFlow) return refuse(notOverFlows, "extension");
    if (!found.recipient) return refuse(noUser, "malformed");
    const close = deps.openRequests.open(request, asked.address.requestUri, found.direction);
    if (!close) return refuse(repeated(request, asked.book), "loop");
    try {
      return call.caller.isOver ? undefined : await deps.submit(call, found);
    } finally {
      close();
    }
  }

  function refuse(answer: Answer, why: Refusal): Answer {
    events.refused(why);
    return answer;
  }
}

const nothing = (): void => undefined;

/** Names of legs are secrets between services; the user part of a Contact only has to be another one each time. */
const legBytes = 16;
const contactBytes = 8;

/** A dialog would have two ends here. @spec GEN-28 @spec D-sip-edge-2 */
const notOverFlows: Answer = { status: 403, reason: "Sessions Are Not Relayed By Flow Tokens" };
