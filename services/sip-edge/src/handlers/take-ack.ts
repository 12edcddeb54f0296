import { participating } from "@heliograph/contracts";
import type { SipRequest } from "@heliograph/sip";
import { serviceUnavailable } from "../domain/end-reason.js";
import type { EstablishedLeg } from "../domain/legs.js";
import { sessionBodyOf } from "../domain/session-fields.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly events: Events;
}

/**
 * Takes the ACK to a 200 of ours that had the offer: it has the answer. A session whose answer is lost is ended.
 *
 * Goes on to `participating/src/handlers/take-acknowledgement.ts`.
 *
 * @spec GEN-44
 */
export function takeAck({ bus, events }: Deps) {
  return (name: string, { conversation, dialog }: EstablishedLeg, ack: SipRequest): void => {
    const body = sessionBodyOf(ack);
    const input = { conversation, leg: name, ...(body && { body }) };
    bus.request(participating.takeAcknowledgement, {}, input).catch((cause: unknown) => {
      events.brokeOff("ACK", cause);
      dialog.bye(serviceUnavailable).catch((why: unknown) => events.failed("BYE", why));
    });
  };
}
