import type { Flow, IncomingRequest, Outcome, Target } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";

/** A header field of ours that goes with a request or an answer inside a dialog. */
export type DialogField = readonly [name: string, value: string];

/**
 * What the user of a dialog adds to a message: the rest (tags, CSeq, Route, Contact, timers) is the dialog's. A Contact
 * among the headers of an answer or of an INVITE names this end instead of the dialog's own, then and from then on.
 */
export interface DialogParts {
  readonly reason?: string;
  readonly headers?: readonly DialogField[];
  /** With Content-Type and Content-Disposition among the headers. */
  readonly body?: Uint8Array;
}

/** What names a dialog at this end. @spec rfc3261#12 */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** Why a dialog is over. */
export type DialogEnd =
  /** BYE came; with the Reason values that it had. @spec rfc3326#2 */
  | { readonly by: "remote"; readonly reasons: readonly string[] }
  | { readonly by: "local" }
  /** No ACK to our 2xx, no refresh in time, or 408 or 481 to a request of ours; BYE has been sent where that makes sense. */
  | { readonly by: "failure"; readonly why: "no ACK" | "session timer" | "gone" | "flow closed" };

/** A request inside a dialog that waits for its answer: re-INVITE, UPDATE, INFO, REFER, MESSAGE … */
export interface InDialogRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Answers it. The 2xx to a re-INVITE is repeated until its ACK, as the first one's was. */
  respond(status: number, parts?: DialogParts): void;
  /** Hears the ACK to a 2xx to a re-INVITE, which has the answer when the 2xx had the offer. @spec GEN-44 */
  onAcknowledged(hear: (ack: SipRequest) => void): void;
}

/** How a request inside a dialog is sent. */
export interface DialogRequestOptions {
  /** Give up after so long; an INVITE is cancelled. Less than Timer F says nothing about the dialog. */
  readonly timeoutMs?: number;
  /** For an INVITE without an offer: the answer to the offer in its 2xx, which goes into the ACK. @spec GEN-44 */
  readonly answer?: (response: SipResponse) => DialogParts | Promise<DialogParts>;
  /**
   * For an offer that depends on how things are: after a 491 it is not tried again by itself, because the offer of the
   * peer may change what is to be offered. Hears when to try again. @spec rfc3261#14.1
   */
  readonly onCollision?: (againInMs: number) => void;
}

/** An established session by INVITE. BYE is answered, and glare, CSeq and session timers are kept, by the dialog itself. */
export interface Dialog {
  readonly id: DialogId;
  /** Remote target as it is now. @spec rfc3261#12.2.1.1 */
  readonly remoteTarget: string;
  /**
   * Sends a request inside the dialog; a 2xx to a re-INVITE is acknowledged. An INVITE, and an UPDATE with an offer, wait
   * until the session may be changed, and are tried again after a 491. Not for ACK, BYE, CANCEL and PRACK.
   *
   * @spec rfc3261#12.2.1 @spec rfc3261#14.1 @spec GEN-15
   */
  request(method: string, parts: DialogParts, options?: DialogRequestOptions): Promise<Outcome>;
  /** Takes requests inside the dialog, but ACK, BYE, PRACK and UPDATEs that only refresh. One handler. */
  onRequest(handle: (incoming: InDialogRequest) => void): void;
  /** Hears once that the dialog is over, however that came. */
  onEnded(hear: (end: DialogEnd) => void): void;
  /** Ends the session with BYE, with this Reason value; settles when the peer has answered or cannot. @spec GEN-17 */
  bye(reason?: string): Promise<void>;
}

/** An INVITE from outside that waits for its final answer. */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Whether no answer is wanted any more: accepted, refused, cancelled, or turned away by the dialogs themselves. */
  readonly isOver: boolean;
  /** Sends 101 to 199; reliably where asked for and the peer can (RFC 3262). */
  progress(status: number, parts?: DialogParts & { readonly isReliable?: boolean }): void;
  /** Answers 200 and repeats it until the ACK. @spec rfc3261#13.3.1.4 @spec GEN-35 */
  accept(parts: DialogParts): Dialog;
  /** Answers 300 to 699. */
  refuse(status: number, parts?: DialogParts): void;
  /**
   * Hears that nobody waits for an answer: CANCEL, answered with 487 already, with its Reason values; Expires passed; a
   * reliable answer was never acknowledged; or the dialogs have turned it away (420, 422, 481, 503), of which it is told at once.
   *
   * @spec GEN-40 @spec GEN-44
   */
  onCancelled(hear: (reasons: readonly string[]) => void): void;
  /** Hears the ACK, or the PRACK, that has the answer when our 200, or our reliable provisional answer, had the offer. @spec GEN-44 */
  onAcknowledged(hear: (ack: SipRequest) => void): void;
}

/** How an INVITE of ours ended. Everything but a 2xx is acknowledged and over. */
export type InviteOutcome =
  | {
      readonly kind: "accepted";
      readonly dialog: Dialog;
      readonly response: SipResponse;
      /**
       * Sends the ACK with the answer when the INVITE had no offer; otherwise the ACK has gone out already and this does
       * nothing. @spec rfc3261#13.2.2.4
       */
      acknowledge(answer: DialogParts): void;
    }
  | { readonly kind: "refused"; readonly response: SipResponse }
  | { readonly kind: "cancelled" }
  | { readonly kind: "silent" }
  | { readonly kind: "unreachable"; readonly reason: string };

/** An INVITE of ours on its way. */
export interface OutgoingInvite {
  readonly outcome: Promise<InviteOutcome>;
  /** Gives up: CANCEL, once there was a provisional answer; a 2xx that crosses it is ended with BYE. @spec rfc3261#9.1 @spec GEN-40 */
  cancel(reason?: string): void;
}

/** An INVITE to send. Via, Contact, CSeq, Max-Forwards, Supported, Allow and timers are added where they are missing. */
export interface InviteParts {
  readonly request: SipRequest;
  readonly target: Target;
  /** Give up ringing after so long: then it is cancelled and the outcome is `silent`. */
  readonly ringMs?: number;
  /** Hears 101 to 199; those that came reliably are acknowledged by PRACK. @spec rfc3262#4 */
  readonly onProgress?: (response: SipResponse) => void;
  /** What goes into the PRACK for one that came reliably: the answer, where it had the offer. @spec rfc3262#5 */
  readonly prack?: (response: SipResponse) => DialogParts;
}

/**
 * Dialogs and sessions by INVITE over a SIP stack.
 *
 * `DialogLayer` of this package implements it over the transactions of a {@link SipStack}; a stack that has dialogs of
 * its own (drachtio-srf) implements it directly.
 *
 * @spec rfc3261#12 @spec rfc3261#13 @spec rfc3261#14 @spec rfc3261#15
 */
export interface Dialogs {
  /** Takes a request that belongs to a dialog here, ACK included; false: it is none of ours. @spec rfc3261#12.2.2 */
  take(incoming: IncomingRequest): boolean;
  /** Begins to answer an INVITE outside of any dialog. Its transaction sends the 100. What cannot be taken is turned away. */
  answer(incoming: IncomingRequest): IncomingInvite;
  /** Sends an INVITE outside of any dialog. Of several 2xx the first wins, the others are acknowledged and ended. @spec GEN-41 */
  invite(parts: InviteParts): OutgoingInvite;
  /** Hears of the stack that a flow has closed: dialogs of a connection that cannot be dialled again are over. */
  flowClosed(flow: Flow): void;
  /** Dialogs that are open, early ones included. */
  readonly size: number;
  /** Ends every dialog with BYE and this Reason, waits for the answers for at most so long, and forgets them. */
  drain(withinMs: number, reason?: string): Promise<void>;
}
