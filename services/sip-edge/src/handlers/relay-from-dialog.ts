import { participating } from "@heliograph/contracts";
import type { InDialogRequest } from "@heliograph/sip";
import { type Answer, answerToSessionFailure, busy } from "../domain/answer.js";
import { understoodInSession } from "../domain/capabilities.js";
import { checkRequired } from "../domain/check-request.js";
import type { EstablishedLeg } from "../domain/legs.js";
import { crossingFields, partsTowards, sessionBodyOf } from "../domain/session-fields.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";
import type { takeAck } from "./take-ack.js";

interface Deps {
  readonly bus: Services;
  readonly events: Events;
  readonly takeAck: ReturnType<typeof takeAck>;
}

/** Requests that one peer may have waiting at the other side at once. @spec GEN-14 */
const maxOpen = 16;

/**
 * Takes what the peer of a dialog sends to the other side, and the answer back: always one, and never late.
 *
 * Goes on to `participating/src/handlers/relay-in-dialog.ts`.
 *
 * @spec PF-10 @spec PF-15 @spec GEN-04 @spec GEN-14 @spec GEN-44
 */
export function relayFromDialog({ bus, events, takeAck }: Deps) {
  return (name: string, leg: EstablishedLeg) => {
    let open = 0;
    return (incoming: InDialogRequest): void => {
      const refusal =
        open < maxOpen
          ? checkRequired(incoming.request, understoodInSession)
          : busy("Too Many Requests In Hand");
      if (refusal) return answer(incoming, refusal);
      if (incoming.request.method === "INVITE" && incoming.request.body.length === 0) {
        incoming.onAcknowledged((ack) => takeAck(name, leg, ack));
      }
      open += 1;
      void relayOne(name, leg, incoming).finally(() => (open -= 1));
    };
  };

  async function relayOne(name: string, leg: EstablishedLeg, incoming: InDialogRequest): Promise<void> {
    const { request } = incoming;
    const body = sessionBodyOf(request);
    const input = {
      conversation: leg.conversation,
      leg: name,
      method: request.method,
      headers: crossingFields(request, leg.hop.isTrusted),
      ...(body && { body }),
    };
    try {
      const reply = await bus.request(participating.relayInDialog, {}, input);
      const { headers, body: content } = partsTowards(reply.headers, reply.body, leg.hop);
      answer(incoming, { status: reply.status, reason: reply.reason, headers }, content);
    } catch (cause) {
      events.brokeOff(request.method, cause);
      answer(incoming, answerToSessionFailure(cause));
    }
  }

  function answer(
    incoming: InDialogRequest,
    { status, reason, headers = [] }: Answer,
    body?: Uint8Array,
  ): void {
    events.answered(status);
    incoming.respond(status, {
      ...(reason !== undefined && { reason }),
      headers,
      ...(body && { body }),
    });
  }
}
