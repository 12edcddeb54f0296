import { sipEdge } from "@heliograph/contracts";
import type { Chance } from "@heliograph/kernel";
import type { Dialogs, OutgoingInvite, SipStack, Target } from "@heliograph/sip";
import type { Admission } from "../domain/establish-identity.js";
import { toLegAnswer } from "../domain/leg-answer.js";
import { contactUri, type Reach, transportTowards } from "../domain/leg-contact.js";
import type { Legs } from "../domain/legs.js";
import { OwedAck } from "../domain/owed-ack.js";
import type { Hop } from "../domain/session-fields.js";
import { type WayOut, wayOut } from "../domain/way-out.js";
import { type NewDialog, writeInvite } from "../domain/write-invite.js";
import type { OutsidePolicy } from "../domain/write-pager-message.js";
import type { Events } from "../events.js";
import type { Publishing } from "../ports.js";
import type { FollowDialog } from "./follow-dialog.js";

interface Deps {
  readonly bus: Publishing;
  readonly stack: Pick<SipStack, "flowOf">;
  readonly dialogs: Pick<Dialogs, "invite">;
  readonly legs: Legs;
  readonly follow: FollowDialog;
  readonly chance: Chance;
  readonly events: Events;
  readonly outside: OutsidePolicy;
  readonly admission: Pick<Admission, "federation" | "neighbours">;
  readonly reach: () => Reach;
  readonly node: string;
  readonly incarnation: string;
}

/**
 * Invites one place on behalf of a conversation, and answers when that has its final answer. Comes from `participating`.
 *
 * @spec PF-06 @spec GEN-11 @spec GEN-30 @spec GEN-43 @spec SC-08 @spec R-sip-edge-5
 */
export function inviteLeg(deps: Deps) {
  const { legs, events } = deps;

  return async (input: sipEdge.LegInvitation): Promise<sipEdge.LegAnswer> => {
    const answer = await invite(input);
    events.invited(answer.kind);
    return answer;
  };

  async function invite(input: sipEdge.LegInvitation): Promise<sipEdge.LegAnswer> {
    if (legs.isFull) return { kind: "unreachable", reason: "this node has no room for a session" };
    if (legs.get(input.leg)) throw new Error("a leg of this name is here");
    const way: WayOut =
      input.towards === "outside" ? wayOut(input.requestUri, input.route, deps.admission) : { kind: "own" };
    if (way.kind === "forbidden") return notConnected;
    const isTrusted = way.kind === "own" ? input.trusted : way.kind === "neighbour" && way.isTrusted;
    const leg = { ...input, trusted: isTrusted };
    const written = writeInvite(leg, newDialog(leg, deps), deps.outside);
    const target: Target = way.kind === "neighbour" ? { kind: "uri", uri: way.uri } : written.target;
    const ringing = deps.dialogs.invite({
      request: written.request,
      target,
      ringMs: leg.ringMs,
      onProgress: ({ status, reason }) => tellProgress(leg, status, reason),
    });
    legs.set(leg.leg, { kind: "ringing", invite: ringing });
    return conclude(leg, ringing, { isTrusted, visible: written.visible });
  }

  function tellProgress({ conversation, leg }: sipEdge.LegInvitation, status: number, reason: string): void {
    deps.bus
      .publish(sipEdge.legProgressed, {}, { conversation, leg, status, reason })
      .catch((cause: unknown) => events.brokeOff("telling how a leg goes on", cause));
  }

  async function conclude(
    { leg, conversation }: sipEdge.LegInvitation,
    { outcome: coming }: OutgoingInvite,
    hop: Hop,
  ): Promise<sipEdge.LegAnswer> {
    const outcome = await coming.finally(() => legs.delete(leg));
    if (outcome.kind === "accepted") {
      const { dialog } = outcome;
      const ack = new OwedAck();
      ack.owe((answer) => outcome.acknowledge(answer));
      deps.follow(leg, { kind: "established", conversation, dialog, hop, ack });
    }
    const { node, incarnation } = deps;
    return toLegAnswer(outcome, { leg: { kind: "sip", node, incarnation, leg }, isTrusted: hop.isTrusted });
  }
}

/** Names of the dialog that an INVITE begins, and where this end of it is reached. @spec GEN-11 @spec GEN-43 */
function newDialog({ flowId, requestUri }: sipEdge.LegInvitation, { chance, stack, reach }: Deps): NewDialog {
  const flow = flowId === undefined ? undefined : stack.flowOf(flowId);
  const towards = flow ?? { transport: transportTowards(requestUri) };
  return {
    callId: chance.token(idBytes),
    localTag: chance.token(tagBytes),
    contactUri: contactUri(chance.token(tagBytes), towards, reach()),
  };
}

const idBytes = 16;
const tagBytes = 8;

const notConnected: sipEdge.LegAnswer = {
  kind: "answered",
  status: 403,
  reason: "Sessions To This Network Are Not Opened",
  headers: [],
};
