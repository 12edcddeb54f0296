import type { Clock, Timer } from "@heliograph/kernel";
import { heldDirection, resumedDirection } from "@heliograph/sdp";
import type { DialogEnd } from "@heliograph/sip";
import type { Arrival, Composing, Receipt, ReceivedMessage } from "../received-message.js";
import type { Call } from "./call.js";
import type { Conversation, SessionSendOptions, SessionSent } from "./conversation.js";
import type { FileDecider, FileDesk } from "./file-desk.js";
import type { FileSending, FileToSend } from "./file-transfer.js";
import type { LiveLine, OpenedLine } from "./line.js";
import type { LocalEnds } from "./local-ends.js";
import { makeGood } from "./make-good.js";
import type { MediaTransport } from "./media-transport.js";
import { noEnd } from "./place-call.js";
import type { SessionSignals } from "./session-signals.js";

/** What a session is made of. */
export interface SessionParts {
  readonly call: Call;
  readonly signals: SessionSignals;
  readonly conversation: Conversation;
  readonly files: FileDesk;
  readonly ends: LocalEnds;
  readonly clock: Clock;
  readonly peer: string;
  readonly subject: string | undefined;
  /** 0: never. @spec CL-33 */
  readonly idleS: number;
}

/** How a change of a session ended. */
export type Changed =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "over" };

/** How often a lost connection is made good before the session is given up. */
const mostRecoveries = 3;
/** How long an end waits for receipts that are under way. */
const mostReceiptMs = 5_000;
/** The side that listens leaves the first word to the other one. */
const passiveWaitMs = 2_000;

/**
 * A conversation with one person that lasts: messages, receipts, who is typing, files. What is not heard here is heard
 * by the client's own hearers. `client.openSession` and `invitation.accept` make it.
 */
export class Session {
  readonly #parts: SessionParts;
  #transport: MediaTransport;
  #idle: Timer | undefined;
  #recoveries = 0;
  #isHeldByUs = false;
  #isHeldByPeer = false;
  #role: OpenedLine["role"] = "active";
  #hearHold: (isHeld: boolean) => void = () => undefined;

  constructor(parts: SessionParts, transport: MediaTransport) {
    this.#parts = parts;
    this.#transport = transport;
    parts.signals.active = () => {
      this.#recoveries = 0;
      this.#touch();
    };
    parts.signals.failed = () => void this.#recover();
    parts.signals.changed = (line) => this.#changed(line);
    parts.call.onEnded(() => {
      this.#idle?.cancel();
      parts.conversation.end();
    });
    const { opened } = parts.conversation.line;
    if (opened) this.#changed(opened);
    this.#touch();
  }

  /** The other person's URI, on the word of the service. */
  get peer(): string {
    return this.#parts.peer;
  }

  get subject(): string | undefined {
    return this.#parts.subject;
  }

  get callId(): string {
    return this.#parts.call.callId;
  }

  get isOver(): boolean {
    return this.#parts.call.isOver;
  }

  /** What the media goes over between us and our next hop. */
  get transport(): MediaTransport {
    return this.#transport;
  }

  /** Sends a text. Settles when the far end has it, or it is known that it has not. */
  sendText(text: string, options: SessionSendOptions = {}): Promise<SessionSent> {
    return this.send(new TextEncoder().encode(text), "text/plain;charset=UTF-8", options);
  }

  /** Sends content of any type that the peer takes. */
  async send(
    content: Uint8Array,
    contentType: string,
    options: SessionSendOptions = {},
  ): Promise<SessionSent> {
    if (!this.#chat) return { kind: "lost", reason: "the session has no section for messages" };
    return this.#parts.conversation.send(content, contentType, options);
  }

  /** Offers a file. `fromOctet` goes on with one that was lost. @spec MS-57 */
  sendFile(file: FileToSend, { fromOctet = 1 }: { readonly fromOctet?: number } = {}): FileSending {
    return this.#parts.files.send(file, fromOctet);
  }

  /** `active` as the user types, as often as one likes; `idle` follows by itself after 15 s. @spec CL-31 */
  setComposing(state: "active" | "idle"): void {
    this.#parts.conversation.typing(state);
  }

  /** Tells the sender that a person has seen the message, where the sender wants to know. @spec CL-32 */
  async markDisplayed(message: ReceivedMessage): Promise<void> {
    if (message.wants.includes("display")) await this.#parts.conversation.sendReceipt(message, "displayed");
  }

  /** Takes messages. The MSRP 200 goes out when `take` has settled; a rejection refuses the message. */
  onMessage(take: (arrival: Arrival) => Promise<void> | void): void {
    this.#parts.conversation.hear({ message: take });
  }

  /** Hears what became of the messages that were sent here. */
  onReceipt(hear: (receipt: Receipt) => void): void {
    this.#parts.conversation.hear({ receipt: hear });
  }

  /** Hears that the other person is typing, or has stopped. */
  onComposing(hear: (composing: Composing) => void): void {
    this.#parts.conversation.hear({ composing: hear });
  }

  /** Is asked about each file that the other person offers; without it they are declined. */
  onFile(decide: FileDecider): void {
    this.#parts.files.onFile(decide);
  }

  /** Hears that the other person holds the session, or resumes it. */
  onHold(hear: (isHeld: boolean) => void): void {
    this.#hearHold = hear;
  }

  /** Hears once that it is over. */
  onEnded(hear: (end: DialogEnd) => void): void {
    this.#parts.call.onEnded(hear);
  }

  /** Asks the other side to send nothing for now. @spec rfc3264#8.4 */
  async hold(): Promise<Changed> {
    const changed = await this.#redirect((direction) => heldDirection[direction]);
    if (changed.kind === "done") this.#isHeldByUs = true;
    return changed;
  }

  /** @spec rfc3264#8.4 */
  async resume(): Promise<Changed> {
    const changed = await this.#redirect((direction) => resumedDirection[direction]);
    if (changed.kind === "done") this.#isHeldByUs = false;
    return changed;
  }

  /** Whether we hold it. */
  get isHeld(): boolean {
    return this.#isHeldByUs;
  }

  /** Moves the media to another transport, without losing a message. @spec rfc4975#8.4 */
  async switchTransport(transport: MediaTransport): Promise<Changed> {
    const changed = await this.#moveTo(transport);
    if (changed.kind === "done") this.#transport = transport;
    return changed;
  }

  /** Ends it with BYE, when the receipts that are due have gone. */
  async close(reason = `SIP;cause=200;text="Call completed"`): Promise<void> {
    const { conversation, call, clock } = this.#parts;
    await Promise.race([
      conversation.settled(),
      new Promise<void>((resolve) => clock.after(mostReceiptMs, resolve)),
    ]);
    await call.bye(reason);
  }

  /** Something has happened: the idle timer begins anew. @spec CL-33 */
  #touch(): void {
    const { clock, idleS, call } = this.#parts;
    this.#idle?.cancel();
    if (idleS > 0 && !call.isOver) {
      this.#idle = clock.after(idleS * 1_000, () => void this.close(`SIP;cause=408;text="Idle"`));
    }
  }

  /** Offer and answer have met anew. */
  #changed({ peer, role }: OpenedLine): void {
    const isHeld = peer.direction === "sendonly" || peer.direction === "inactive";
    if (isHeld !== this.#isHeldByPeer) {
      this.#isHeldByPeer = isHeld;
      this.#hearHold(isHeld);
    }
    this.#role = role;
  }

  /** The connection is lost: a new offer brings another, or the session ends. @spec MS-47 */
  async #recover(): Promise<void> {
    const { call, clock } = this.#parts;
    const { line } = this.#parts.conversation;
    const isDue = (): boolean => !call.isOver && line.isBroken;
    this.#recoveries += 1;
    if (this.#recoveries <= mostRecoveries) {
      const offer = (): Promise<Changed> => this.#moveTo(this.#transport, () => line.isBroken);
      const firstInMs = this.#role === "passive" ? passiveWaitMs : 0;
      await makeGood({ clock, firstInMs, isDue, offer });
    }
    if (isDue()) await call.bye(`SIP;cause=503;text="Service Unavailable"`);
  }

  get #chat(): LiveLine | undefined {
    const { call, conversation } = this.#parts;
    return call.media.lines.find(
      (line): line is LiveLine => line.kind === "live" && line.user === conversation.line,
    );
  }

  #redirect(change: (direction: LiveLine["direction"]) => LiveLine["direction"]): Promise<Changed> {
    return this.#changeChat((line) => ({ ...line, direction: change(line.direction) }));
  }

  async #moveTo(transport: MediaTransport, isDue = (): boolean => true): Promise<Changed> {
    const end = await this.#parts.ends.create(transport).catch(noEnd);
    if ("kind" in end) return end;
    return this.#changeChat((line) => ({ ...line, end }), isDue);
  }

  /** `isDue` is asked when it is its turn: what another offer has made good is not offered again. */
  async #changeChat(change: (line: LiveLine) => LiveLine, isDue = (): boolean => true): Promise<Changed> {
    const { call, conversation } = this.#parts;
    const outcome = await call.reoffer((lines) => {
      if (!isDue()) return undefined;
      return lines.map((line) =>
        line.kind === "live" && line.user === conversation.line ? change(line) : line,
      );
    });
    return outcome.kind === "agreed" ? { kind: "done" } : outcome;
  }
}
