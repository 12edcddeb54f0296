import { participating } from "@heliograph/contracts";
import type { DialogEnd, SipRequest } from "@heliograph/sip";
import { reasonToPass, serviceUnavailable } from "../domain/end-reason.js";
import type { EstablishedLeg, Legs } from "../domain/legs.js";
import { sessionBodyOf } from "../domain/session-fields.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";
import type { LeaveSession } from "./leave-session.js";
import type { relayFromDialog } from "./relay-from-dialog.js";

interface Deps {
  readonly bus: Services;
  readonly legs: Legs;
  readonly leave: LeaveSession;
  readonly relay: ReturnType<typeof relayFromDialog>;
  readonly events: Events;
}

/** Follows the dialogs of conversations from their 2xx to their end. */
export interface FollowDialog {
  begin(name: string, leg: EstablishedLeg): void;
  /** The ACK to a 200 of ours that had the offer: it has the answer. @spec GEN-44 */
  acknowledged(name: string, ack: SipRequest): void;
}

/**
 * What the peer of a dialog sends goes to the other side, and the answer back; the end of one is the end of both.
 *
 * Goes on to `participating/src/handlers/take-acknowledgement.ts` and `leave-session.ts`.
 *
 * @spec PF-11 @spec GEN-11 @spec GEN-17 @spec GEN-44
 */
export function followDialog({ bus, legs, leave, relay, events }: Deps): FollowDialog {
  return { begin, acknowledged };

  function begin(name: string, leg: EstablishedLeg): void {
    legs.set(name, leg);
    leg.dialog.onRequest(relay(name, leg));
    leg.dialog.onEnded((end) => ended(name, leg, end));
  }

  function acknowledged(name: string, ack: SipRequest): void {
    const leg = legs.get(name);
    if (leg?.kind !== "established") return;
    const body = sessionBodyOf(ack);
    const input = { conversation: leg.conversation, leg: name, ...(body && { body }) };
    bus.request(participating.takeAcknowledgement, {}, input).catch((cause: unknown) => {
      events.brokeOff("ACK", cause);
      leg.dialog.bye(serviceUnavailable).catch((why: unknown) => events.failed("BYE", why));
    });
  }

  /** Where the owner has ended the leg, it is not there any more, and nobody has to be told. */
  function ended(name: string, { conversation }: EstablishedLeg, end: DialogEnd): void {
    events.dialogEnded(end.by);
    if (legs.delete(name)) leave({ conversation, leg: name, reason: reasonToPass(end) });
  }
}
