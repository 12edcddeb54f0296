import type { HeaderField } from "@heliograph/contracts";
import type { Dialog, DialogParts, IncomingInvite, SipRequest } from "@heliograph/sip";
import { type Answer, busy } from "../domain/answer.js";
import { contactField } from "../domain/leg-contact.js";
import type { WaitingLeg } from "../domain/legs.js";
import type { Events } from "../events.js";

/** What a caller is made of. */
interface CallerParts {
  readonly invitation: string;
  readonly invite: IncomingInvite;
  readonly contactUri: string;
  readonly events: Pick<Events, "answered">;
  /** Hears once that the INVITE has its final answer, or needs none any more. */
  readonly over: () => void;
}

/** The 200 to an INVITE, as it is put together elsewhere. */
interface Acceptance {
  readonly contactParams: string;
  readonly parts: DialogParts & { readonly headers: readonly HeaderField[] };
}

/**
 * Who has sent an INVITE and waits: gets provisional answers and one final answer, unless there is a CANCEL first.
 *
 * @spec GEN-40 @spec PF-06
 */
export class Caller implements WaitingLeg {
  readonly kind = "waiting";
  readonly invitation: string;
  readonly #parts: CallerParts;
  readonly #progressed = new Set<number>();
  #reason: string | undefined;
  #isOver = false;
  #hearGivenUp: (reason: string | undefined) => void = () => undefined;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.invitation = parts.invitation;
    parts.invite.onCancelled((reasons) => this.#end(reasons.length === 0 ? undefined : reasons.join(", ")));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why it was over before there was an answer, where anybody has said so. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Hears that the caller, or this node, has given up. */
  onGivenUp(hear: (reason: string | undefined) => void): void {
    this.#hearGivenUp = hear;
  }

  onAcknowledged(hear: (ack: SipRequest) => void): void {
    this.#parts.invite.onAcknowledged(hear);
  }

  progress(status: number, reason: string): void {
    const { invite, contactUri } = this.#parts;
    if (this.#isOver || this.#progressed.has(status)) return;
    this.#progressed.add(status);
    const contact = contactField({ uri: contactUri, params: "", isNameless: true });
    invite.progress(status, { reason, headers: [contact] });
  }

  accept({ contactParams, parts }: Acceptance): Dialog {
    const { invite, contactUri, events, over } = this.#parts;
    const contact = contactField({ uri: contactUri, params: contactParams, isNameless: false });
    const dialog = invite.accept({ ...parts, headers: [contact, ...parts.headers] });
    this.#isOver = true;
    events.answered(200);
    over();
    return dialog;
  }

  /** Answers, unless it is too late for that. */
  refuse({ status, reason, headers = [] }: Answer): void {
    if (this.#isOver) return;
    const { invite, events, over } = this.#parts;
    this.#isOver = true;
    events.answered(status);
    invite.refuse(status, {
      ...(reason !== undefined && { reason }),
      headers,
    });
    over();
  }

  giveUp(reason: string): void {
    if (this.#isOver) return;
    this.refuse(busy("Service Unavailable"));
    this.#reason = reason;
    this.#hearGivenUp(reason);
  }

  #end(reason: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#parts.events.answered(487);
    this.#parts.over();
    this.#hearGivenUp(reason);
  }
}
