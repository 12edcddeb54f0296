import type { InDialogRequest } from "@heliograph/sip";
import type { ReceiptStatus } from "../compose-receipt.js";
import type { ReceivedMessage } from "../received-message.js";
import type { SeenCopies } from "../seen-copies.js";
import type { Call, ResolveNames } from "./call.js";
import type { ConversationHearers } from "./conversation.js";
import type { Accepts, LocalEnds } from "./local-ends.js";
import type { MediaTransport } from "./media-transport.js";
import type { InviteSenderDeps } from "./send-invite.js";

/** What every session of a client shares. */
export interface SessionContext extends InviteSenderDeps {
  /** Opens the MSRP listeners, if there are any, when the first session needs them. */
  readonly ends: () => Promise<LocalEnds>;
  readonly transport: MediaTransport;
  readonly resolveNames: ResolveNames;
  readonly seen: SeenCopies;
  /** The client's own hearers, for what no session of its own hears. */
  readonly hearers: ConversationHearers;
  /** Sends a receipt by MESSAGE. */
  readonly notify: (message: ReceivedMessage, status: ReceiptStatus) => Promise<void>;
  /** Takes a MESSAGE inside a dialog. */
  readonly takeInDialog: (incoming: InDialogRequest) => void;
  readonly limits: SessionLimits;
  /** There is a dialog, for a session or for messages alone. */
  readonly began: (call: Call) => void;
}

/** Bounds that a client keeps to. */
export interface SessionLimits {
  /** The largest message in a session, in octets. */
  readonly maxMessageBytes: number;
  /** The largest that comes in large-message mode or from the store: it is held in memory. */
  readonly maxLargeMessageBytes: number;
  /** Sessions open at once; more are answered 486. @spec CL-36 */
  readonly maxSessions: number;
}

export const defaultSessionLimits: SessionLimits = {
  maxMessageBytes: 1_048_576,
  maxLargeMessageBytes: 20_971_520,
  maxSessions: 100,
};

/** What a session for one person with another takes, as deployed clients say it. @spec CL-22 */
export function chatAccepts(
  { maxMessageBytes }: SessionLimits,
  wrappedTypes: readonly string[] = [],
): Accepts {
  return {
    acceptTypes: ["message/cpim", "application/im-iscomposing+xml"],
    acceptWrappedTypes: ["text/plain", "message/imdn+xml", ...wrappedTypes],
    maxMessageBytes,
  };
}

/** One message of any type, in message/cpim. */
export function largeMessageAccepts({ maxLargeMessageBytes }: SessionLimits): Accepts {
  return {
    acceptTypes: ["message/cpim", "text/plain"],
    acceptWrappedTypes: ["*"],
    maxMessageBytes: maxLargeMessageBytes,
  };
}

export const newSdpSessionId = (nowMs: number): string => String(Math.floor(nowMs));
