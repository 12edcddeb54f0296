import { type MsrpDescription, parseMsrpDescription } from "@heliograph/sdp";
import type { IncomingInvite, SipRequest } from "@heliograph/sip";
import { assertedSender, readEnvelope } from "../read-message.js";
import type { ReceivedMessage } from "../received-message.js";
import { SessionDraft } from "./session-draft.js";

import { warningOf } from "./call.js";
import { imTag, invitationKindOf, largeMessageTag } from "./invitation-kind.js";
import { readInviteBody } from "./invite-body.js";
import { mediaTransportOf } from "./media-transport.js";
import { messageIntake } from "./message-intake.js";
import { OneWayCall } from "./one-way-call.js";
import type { Session } from "./session.js";
import { largeMessageAccepts, type SessionContext } from "./session-context.js";
import { SessionInvitation } from "./session-invitation.js";

/** Who decides about sessions that others want to open. */
export type SessionDecider = (invitation: SessionInvitation) => Promise<void> | void;

/** What a client does about invitations. */
export interface InvitationHearers {
  /** Undefined: this client takes no sessions. */
  readonly onSession: SessionDecider | undefined;
  readonly sessions: number;
  readonly begun: (session: Session) => void;
}

/**
 * Deals with an INVITE outside of any dialog: large messages and what the store gives are taken at once, about
 * sessions the user is asked.
 *
 * @spec CL-11
 * @spec CL-35
 * @spec CL-36
 */
export async function takeInvitation(
  context: SessionContext,
  incoming: IncomingInvite,
  hearers: InvitationHearers,
): Promise<void> {
  const { request } = incoming;
  if (incoming.isOver) return;
  const body = readInviteBody(request);
  if (!body.description) return incoming.refuse(606, { reason: "Not Acceptable" });
  const offer = parseMsrpDescription(body.description);
  if (!offer.ok) return incoming.refuse(400, { reason: `Bad SDP (${offer.error.rule})` });
  if (invitationKindOf(request, offer.value) !== "session") {
    return takeMessages(context, incoming, offer.value);
  }
  if (!hearers.onSession) return incoming.refuse(480);
  if (hearers.sessions >= context.limits.maxSessions) return incoming.refuse(486);
  const invitation = await invitationOf(context, incoming, {
    offer: offer.value,
    first: body.firstMessage,
    hearers,
  });
  if (incoming.isOver) return;
  void ask(hearers.onSession, invitation);
  invitation.ring();
}

/** Who breaks down over the question leaves it to another device. */
async function ask(decide: SessionDecider, invitation: SessionInvitation): Promise<void> {
  try {
    await decide(invitation);
  } catch {
    invitation.decline(480);
  }
}

async function invitationOf(
  context: SessionContext,
  incoming: IncomingInvite,
  {
    offer,
    first,
    hearers,
  }: { offer: MsrpDescription; first: Uint8Array | undefined; hearers: InvitationHearers },
): Promise<SessionInvitation> {
  const { request } = incoming;
  const from = assertedSender(request);
  const subject = request.headers.get("Subject");
  const section = offer.media.find((media) => media.kind === "msrp");
  const transport = section ? mediaTransportOf(section) : context.transport;
  const draft = new SessionDraft(context, await context.ends(), { peer: from, subject, transport });
  return new SessionInvitation({
    incoming,
    draft,
    offer,
    from,
    displayName: request.from.display,
    subject,
    firstMessage: first && firstMessageOf(context, request, first),
    firstOctets: first,
    contact: `<${context.contactUri()}>;${imTag}`,
    begun: hearers.begun,
  });
}

function firstMessageOf(
  { aor }: SessionContext,
  request: SipRequest,
  content: Uint8Array,
): ReceivedMessage | undefined {
  const read = readEnvelope({
    contentType: "message/cpim",
    content,
    from: assertedSender(request),
    to: aor,
    sentAt: request.headers.get("Date"),
    callId: request.callId,
    cseq: 0,
  });
  return read.kind === "message" ? read.message : undefined;
}

/** @spec CL-11 @spec DF-34 */
async function takeMessages(
  context: SessionContext,
  incoming: IncomingInvite,
  offer: MsrpDescription,
): Promise<void> {
  const { request } = incoming;
  const call: OneWayCall = new OneWayCall(context, await context.ends(), {
    direction: "recvonly",
    accepts: largeMessageAccepts(context.limits),
    take: messageIntake(context, {
      from: assertedSender(request),
      callId: () => request.callId,
      isService: false,
    }),
  });
  let hasSection = false;
  const answered = await call.media.answer(offer, (section) => {
    if (hasSection) return Promise.resolve(undefined);
    hasSection = true;
    return call.section(mediaTransportOf(section));
  });
  if (incoming.isOver) return;
  if (answered.kind === "refused")
    return incoming.refuse(answered.status, { headers: [warningOf(answered)] });
  answered.apply();
  const dialog = incoming.accept({
    headers: [
      ["Contact", `<${context.contactUri()}>;${imTag};${largeMessageTag}`],
      ["Content-Type", "application/sdp"],
    ],
    body: answered.body,
  });
  call.begin(dialog);
}
