import type { Invitation, SessionLeg } from "@heliograph/contracts";
import type { SipRequest, TransportName } from "@heliograph/sip";
import { contactParamsOf, contactUriOf } from "./leg-contact.js";
import { type FieldFacts, readFields } from "./read-fields.js";
import { defaultMaxForwards } from "./read-pager-message.js";
import { crossesDialogs, sessionBodyOf } from "./session-fields.js";

/** What the edge has found out about an INVITE beside its text. */
export interface InvitationFacts extends FieldFacts {
  readonly receivedAtMs: number;
  readonly transport: TransportName;
  readonly requestUri: string;
  readonly recipient: string;
  readonly privacy: readonly string[];
  /** Where a trusted core wants it to go next. */
  readonly route: readonly string[];
  readonly caller: SessionLeg;
  /** The flow that it came by. */
  readonly flowId: string;
}

/**
 * Reads an INVITE whose sender is established. Tags, Call-ID, Contact and timers stay with its dialog.
 *
 * @spec PF-15 @spec GEN-11 @spec GEN-16 @spec GEN-44
 */
export function readInvitation(request: SipRequest, facts: InvitationFacts): Invitation {
  const { kept, sizeBytes } = readFields(request, facts, crossesDialogs);
  const body = sessionBodyOf(request);
  const contact = contactUriOf(request.headers);
  return {
    id: facts.id,
    requestUri: facts.requestUri,
    recipient: facts.recipient,
    sender: facts.sender,
    from: request.from.raw,
    to: request.to.raw,
    maxForwards: request.maxForwards ?? defaultMaxForwards,
    privacy: [...facts.privacy],
    contactParams: contactParamsOf(request.headers),
    headers: kept,
    ...(body && { body }),
    receivedAtMs: facts.receivedAtMs,
    sizeBytes,
    transport: facts.transport,
    route: [...facts.route],
    caller: facts.caller,
    ...(contact !== undefined && { device: { contact, flowId: facts.flowId } }),
  };
}
