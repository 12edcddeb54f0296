import {
  type Bus,
  BusError,
  type Invitation,
  participating,
  type SessionAnswer,
  sipEdge,
} from "@heliograph/contracts";
import { type Answer, answerToRefusal } from "../domain/answer.js";
import { answeredVector } from "../domain/charging-vector.js";
import { reasonOf, serviceUnavailable } from "../domain/end-reason.js";
import type { LegLeases } from "../domain/leg-leases.js";
import { OwedAck } from "../domain/owed-ack.js";
import { privacyOf } from "../domain/privacy.js";
import { readInvitation } from "../domain/read-invitation.js";
import { partsTowards } from "../domain/session-fields.js";
import type { Source } from "../domain/source.js";
import type { Events } from "../events.js";
import type { Caller } from "./caller.js";
import type { FollowDialog } from "./follow-dialog.js";
import type { Established } from "./identify.js";
import type { LeaveSession } from "./leave-session.js";
import type { Asked } from "./read-request.js";
import type { takeAck } from "./take-ack.js";

interface Deps {
  readonly bus: Pick<Bus, "request" | "publish">;
  readonly follow: FollowDialog;
  readonly takeAck: ReturnType<typeof takeAck>;
  readonly leave: LeaveSession;
  readonly leases: Pick<LegLeases, "renew">;
  readonly events: Events;
  readonly node: string;
  readonly incarnation: string;
  readonly host: string;
}

/** One INVITE on its way through here. */
export interface Call {
  readonly asked: Asked;
  readonly caller: Caller;
  readonly leg: string;
  readonly receivedAtMs: number;
}

/**
 * Submits the invitation of a caller who is known, and gives the caller the answer. Returns why it is refused; undefined
 * when the INVITE has its answer, or needs none any more.
 *
 * Goes on to `participating/src/handlers/originate-session.ts` when the caller is one of our users, else to
 * `participating/src/handlers/terminate-session.ts`.
 *
 * @spec PF-02 @spec GEN-16 @spec GEN-40 @spec GEN-44 @spec SC-08
 */
export function submitInvitation(deps: Deps) {
  const { bus, events } = deps;

  return async (call: Call, found: Established): Promise<Answer | undefined> => {
    const { caller, asked } = call;
    const invitation = toInvitation(call, found, deps);
    caller.onGivenUp((reason) => giveUp(call, reason));
    deps.leases.renew(call.leg);
    const answer = await ask(call, found.direction, invitation);
    const vector = asked.source.kind === "core" ? answeredVector(invitation, asked.book.domains) : [];
    if (answer.kind === "accepted") return accept(call, answer, vector);
    const refusal = answerToRefusal(answer, deps.host);
    return { ...refusal, headers: [...(refusal.headers ?? []), ...vector] };
  };

  /** An answer that comes after the caller has given up ends what it began. @spec GEN-40 */
  function accept({ caller, leg, asked }: Call, answer: Accepted, vector: Answer["headers"] = []): undefined {
    const { conversation, contactParams, headers, body } = answer;
    if (caller.isOver) {
      deps.leave({ conversation, leg, reason: caller.reason ?? requestTerminated });
      return undefined;
    }
    const hop = { isTrusted: isTrusted(asked.source) };
    const parts = partsTowards(headers, body, hop);
    const dialog = caller.accept({
      contactParams,
      parts: { ...parts, headers: [...parts.headers, ...vector] },
    });
    const established = { kind: "established", conversation, dialog, hop, ack: new OwedAck() } as const;
    if (asked.incoming.request.body.length === 0)
      caller.onAcknowledged((ack) => deps.takeAck(leg, established, ack));
    deps.follow(leg, established);
    return undefined;
  }

  async function ask(
    call: Call,
    direction: Established["direction"],
    invitation: Invitation,
  ): Promise<SessionAnswer> {
    try {
      return await bus.request(subjects[direction], {}, invitation);
    } catch (cause) {
      if (!(cause instanceof BusError && cause.failure === "no-responder")) abandon(call);
      throw cause;
    }
  }

  /** Nobody knows whether somebody was invited: whoever was, is not any more. @spec GEN-14 */
  function abandon(call: Call): void {
    const { caller, leg } = call;
    if (!caller.isOver) giveUp(call, serviceUnavailable);
    deps.leave({ conversation: caller.invitation, leg, reason: serviceUnavailable });
  }

  function giveUp({ caller }: Call, reason: string | undefined): void {
    const fact = { invitation: caller.invitation, ...(reason !== undefined && { reason }) };
    bus.publish(sipEdge.inviteCancelled, {}, fact).catch((cause: unknown) => {
      events.brokeOff("telling that a caller has given up", cause);
    });
  }
}

type Accepted = Extract<SessionAnswer, { readonly kind: "accepted" }>;

const subjects = {
  originate: participating.originateSession,
  terminate: participating.terminateSession,
} as const;

const requestTerminated = reasonOf(487, "Request Terminated");

function isTrusted(source: Source): boolean {
  return (
    source.kind === "core" || (source.kind === "neighbours" && source.neighbours.some((one) => one.isTrusted))
  );
}

function toInvitation(
  { asked, caller, leg, receivedAtMs }: Call,
  found: Established,
  { host, node, incarnation }: Pick<Deps, "host" | "node" | "incarnation">,
): Invitation {
  const { incoming, address, book, source } = asked;
  const isFromCore = source.kind === "core";
  return readInvitation(incoming.request, {
    id: caller.invitation,
    receivedAtMs,
    transport: incoming.flow.transport,
    flowId: incoming.flow.id,
    requestUri: address.requestUri,
    recipient: found.recipient?.aor ?? "",
    sender: found.sender,
    privacy: privacyOf(incoming.request.headers),
    route: isFromCore ? address.route : [],
    isFromCore,
    host,
    network: book.domains.partyOfAor(found.sender.aor).domain ?? host,
    isOwnRealm: (realm) => book.domains.nameOf(realm.toLowerCase()) !== undefined,
    caller: { kind: "sip", node, incarnation, leg },
  });
}
