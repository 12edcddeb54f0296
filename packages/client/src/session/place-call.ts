import type { Dialog, SipResponse } from "@heliograph/sip";
import { descriptionIn } from "./invite-body.js";
import type { LiveLine } from "./line.js";
import { sendInvite, type InviteToSend } from "./send-invite.js";
import type { SessionContext } from "./session-context.js";
import type { SessionMedia } from "./session-media.js";

/** Why there is no session. */
export type NotPlaced =
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "cancelled" }
  /** It rang, and nobody answered. */
  | { readonly kind: "silent" }
  | { readonly kind: "unreachable"; readonly reason: string };

/** What an INVITE came to. */
export type Placed<Begun> =
  | { readonly kind: "established"; readonly begun: Begun; readonly response: SipResponse }
  | NotPlaced;

interface CallToPlace<Begun> {
  readonly media: SessionMedia;
  readonly line: () => Promise<LiveLine>;
  /** The INVITE around this offer. */
  readonly invite: (offer: Uint8Array) => InviteToSend;
  /** Whoever has the dialog, before any media opens. */
  readonly begin: (dialog: Dialog) => Begun;
}

/** Invites somebody to one section, and opens it when that is accepted. @spec CL-20 @spec CL-23 */
export async function placeCall<Begun>(
  context: SessionContext,
  { media, line: makeLine, invite, begin }: CallToPlace<Begun>,
): Promise<Placed<Begun>> {
  const line = await makeLine().catch(noEnd);
  if (line.kind === "unreachable") return line;
  const offer = media.offer([line]);
  const outcome = await sendInvite(context, invite(offer.body));
  if (outcome.kind === "refused") {
    const { status, reason } = outcome.response;
    return { kind: "refused", status, reason };
  }
  if (outcome.kind !== "accepted") return outcome;
  const begun = begin(outcome.dialog);
  const answer = descriptionIn(outcome.response) ?? new Uint8Array();
  const taken = media.take(offer, answer, await context.resolveNames(answer));
  const problem =
    taken.kind === "illegal" ? taken.reason : media.openedOf(line.user) ? undefined : "no media";
  if (problem === undefined) return { kind: "established", begun, response: outcome.response };
  await outcome.dialog.bye(`SIP;cause=488;text="Not Acceptable Here"`);
  return { kind: "refused", status: 488, reason: `the answer cannot be used: ${problem}` };
}

/** The relay of ours does not answer, or does not take us. */
export function noEnd(cause: unknown): { readonly kind: "unreachable"; readonly reason: string } {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return { kind: "unreachable", reason: `no end for media: ${reason}` };
}
