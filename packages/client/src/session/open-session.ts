import { createMessageId } from "@heliograph/msrp";
import { composeCpim } from "../compose-message.js";
import type { Disposition } from "../received-message.js";
import { SessionDraft } from "./session-draft.js";
import { imTag } from "./invitation-kind.js";
import type { MediaTransport } from "./media-transport.js";
import { bodyWithParts } from "./multipart-body.js";
import { type NotPlaced, type Placed, placeCall } from "./place-call.js";
import type { Session } from "./session.js";
import type { SessionContext } from "./session-context.js";

/** How a session is opened. */
export interface OpenSessionOptions {
  readonly subject?: string;
  /** Goes with the invitation, as the first message of the session. @spec CL-21 */
  readonly firstMessage?: string;
  /** What the sender wants to be told of the first message. */
  readonly wants?: readonly Disposition[];
  /** What the media goes over. Default: what suits the SIP transport. */
  readonly transport?: MediaTransport;
  /** Types beside text that may come in message/cpim, such as `image/*`. */
  readonly wrappedTypes?: readonly string[];
  /** Give up ringing after so long; 60 s. */
  readonly ringMs?: number;
  readonly onRinging?: () => void;
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** End it after so long without a word, in seconds; 0: never. Default 300. @spec CL-33 */
  readonly idleS?: number;
}

/** What opening a session came to. */
export type SessionOpened =
  | {
      readonly kind: "established";
      readonly session: Session;
      /** The Message-ID of the first message, which receipts name. */
      readonly firstMessageId: string | undefined;
    }
  | NotPlaced;

const defaultRingMs = 60_000;

/** Invites somebody to a session. @spec CL-20 @spec CL-21 */
export async function openSession(
  context: SessionContext,
  to: string,
  options: OpenSessionOptions,
): Promise<SessionOpened> {
  const { firstMessage, wants = [], ...rest } = options;
  const first = await place(context, to, options);
  const { placed } = first;
  if (firstMessage === undefined || placed.kind !== "refused" || placed.status !== 415) {
    return opened(placed, firstMessage === undefined ? undefined : first.firstMessageId);
  }
  // Who cannot read multipart gets the message in the session.
  const again = await place(context, to, rest);
  if (again.placed.kind !== "established") return again.placed;
  const sent = await again.placed.begun.sendText(firstMessage, { wants });
  return opened(again.placed, sent.kind === "sent" ? sent.messageId : undefined);
}

async function place(
  context: SessionContext,
  to: string,
  options: OpenSessionOptions,
): Promise<{ readonly placed: Placed<Session>; readonly firstMessageId: string }> {
  const { subject, firstMessage, transport = context.transport, ringMs = defaultRingMs } = options;
  const { idleS, wrappedTypes, onRinging, signal } = options;
  const draft = new SessionDraft(context, await context.ends(), {
    peer: to,
    subject,
    transport,
    ...(idleS !== undefined && { idleS }),
    ...(wrappedTypes && { wrappedTypes }),
  });
  const firstMessageId = createMessageId(context.chance);
  const parts = firstMessage === undefined ? [] : [firstPart(context, to, firstMessageId, options)];
  const placed = await placeCall(context, {
    media: draft.media,
    line: () => draft.chatLine(),
    invite: (offer) => ({
      to,
      contactParams: `;${imTag}`,
      headers: [
        ["Accept-Contact", `*;${imTag}`],
        ...(subject === undefined ? [] : [["Subject", subject.replaceAll(/[\r\n]+/g, " ")] as const]),
      ],
      ...bodyWithParts(offer, parts, context.chance),
      ringMs,
      ...(onRinging && { onRinging }),
      ...(signal && { signal }),
    }),
    begin: (dialog) => draft.begin(dialog),
  });
  return { placed, firstMessageId };
}

function firstPart(
  { aor, clock }: SessionContext,
  to: string,
  messageId: string,
  { firstMessage = "", wants = [] }: OpenSessionOptions,
) {
  const { contentType, body } = composeCpim({
    from: aor,
    to,
    messageId,
    sentAt: new Date(clock.nowMs()).toISOString(),
    wants,
    contentHeaders: [["Content-Type", "text/plain;charset=UTF-8"]],
    content: new TextEncoder().encode(firstMessage),
  });
  return { headers: [["Content-Type", contentType]] as const, body };
}

function opened(placed: Placed<Session>, firstMessageId: string | undefined): SessionOpened {
  if (placed.kind !== "established") return placed;
  return { kind: "established", session: placed.begun, firstMessageId };
}
