import type { MsrpDescription } from "@heliograph/sdp";
import type { SipRequest } from "@heliograph/sip";

/** The feature of large messages. @spec CL-11 */
export const largeMessageTag = "+g.oma.sip-im.large-message";

/** The feature of the enabler. @spec CL-01 */
export const imTag = "+g.oma.sip-im";

/** What somebody wants who sends an INVITE. */
export type InvitationKind =
  /** One message that did not fit into a MESSAGE. */
  | "large message"
  /** The service gives what it kept. @spec DF-34 */
  | "stored messages"
  | "session";

/** Tells invitations apart. Pure. @spec CL-35 @spec CL-11 */
export function invitationKindOf(request: SipRequest, offer: MsrpDescription): InvitationKind {
  const onlySends = offer.media.every((media) => media.kind !== "msrp" || media.direction === "sendonly");
  if (request.headers.values("Accept-Contact").some(namesLargeMessages)) return "large message";
  if (!onlySends) return "session";
  if (request.headers.has("Referred-By")) return "stored messages";
  return request.headers.values("Contact").some(namesLargeMessages) ? "large message" : "session";
}

const namesLargeMessages = (value: string): boolean =>
  new RegExp(`;\\s*${largeMessageTag.replaceAll(/[+.]/g, "\\$&")}\\s*(?:[;=]|$)`, "i").test(value);
