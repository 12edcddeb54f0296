import type { MsrpDescription } from "@heliograph/sdp";
import type { IncomingInvite } from "@heliograph/sip";
import type { ReceivedMessage } from "../received-message.js";
import type { SessionDraft } from "./session-draft.js";
import { warningOf } from "./call.js";
import type { FileDecider } from "./file-desk.js";
import type { Session } from "./session.js";

/** What an invitation is made of. */
export interface InvitationParts {
  readonly incoming: IncomingInvite;
  readonly draft: SessionDraft;
  readonly offer: MsrpDescription;
  readonly from: string;
  readonly displayName: string | undefined;
  readonly subject: string | undefined;
  readonly firstMessage: ReceivedMessage | undefined;
  readonly firstOctets: Uint8Array | undefined;
  readonly contact: string;
  readonly begun: (session: Session) => void;
}

/** Somebody wants to talk. Accept or decline; meanwhile it rings. */
export class SessionInvitation {
  readonly #parts: InvitationParts;
  #isOpen = true;
  #hearCancelled: () => void = () => undefined;

  constructor(parts: InvitationParts) {
    this.#parts = parts;
    parts.incoming.onCancelled(() => {
      this.#isOpen = false;
      this.#hearCancelled();
    });
  }

  /** Who invites, on the word of the service. */
  get from(): string {
    return this.#parts.from;
  }

  /** As the caller calls themselves. */
  get displayName(): string | undefined {
    return this.#parts.displayName;
  }

  get subject(): string | undefined {
    return this.#parts.subject;
  }

  /** What came with the invitation; the session gives it as its first message. @spec CL-21 */
  get firstMessage(): ReceivedMessage | undefined {
    return this.#parts.firstMessage;
  }

  /** Whether somebody still waits for an answer. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Says 180, which callers show as ringing. */
  ring(): void {
    if (this.isOpen) this.#parts.incoming.progress(180);
  }

  /** Hears that the caller has given up, or that another device has answered. @spec GEN-40 */
  onCancelled(hear: () => void): void {
    this.#hearCancelled = hear;
  }

  /**
   * Takes the call. Undefined: the caller was gone before, or nothing of what was offered can be taken.
   * `onFile` decides about files that the invitation offers itself.
   */
  async accept({ onFile }: { readonly onFile?: FileDecider } = {}): Promise<Session | undefined> {
    if (!this.isOpen) return undefined;
    this.#isOpen = false;
    const { incoming, draft, offer, contact, firstOctets, begun } = this.#parts;
    if (onFile) draft.onFile(onFile);
    const answered = await draft.media.answer(offer, (section) => draft.newLine(section));
    if (incoming.isOver) return undefined;
    if (answered.kind === "refused") {
      incoming.refuse(answered.status, { headers: [warningOf(answered)] });
      return undefined;
    }
    answered.apply();
    const dialog = incoming.accept({
      headers: [
        ["Contact", contact],
        ["Content-Type", "application/sdp"],
      ],
      body: answered.body,
    });
    const session = draft.begin(dialog);
    begun(session);
    // Who awaits the session can say first who hears its messages.
    if (firstOctets) setImmediate(() => void draft.conversation.takeFirst(firstOctets));
    return session;
  }

  /** 603: the person does not want to. 486: is busy. 480: not now, another device may. @spec CL-36 */
  decline(status: 603 | 486 | 480 = 603): void {
    if (!this.isOpen) return;
    this.#isOpen = false;
    this.#parts.incoming.refuse(status);
  }
}
