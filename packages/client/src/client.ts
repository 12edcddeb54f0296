import type { Chance, Clock } from "@heliograph/kernel";
import {
  aorOf,
  createResponse,
  type Dialogs,
  type IncomingRequest,
  type InDialogRequest,
  type SipRequest,
  type SipStack,
} from "@heliograph/sip";
import { createMessageId } from "@heliograph/msrp";
import { formatIsComposing, isComposingMediaType } from "@heliograph/im-bodies";
import { composeCpim, type ComposedBody, composePlain } from "./compose-message.js";
import { composeReceipt, type ReceiptStatus } from "./compose-receipt.js";
import type { PagerMessage, PagerSender } from "./pager-sender.js";
import { readMessage } from "./read-message.js";
import type { Arrival, Composing, Disposition, Receipt, ReceivedMessage } from "./received-message.js";
import type { ClientRegistration, Registered } from "./registration.js";
import { pagerKeyOf, SeenCopies } from "./seen-copies.js";
import type { Sent } from "./sent.js";
import type { Call } from "./session/call.js";
import { sendLargeMessage } from "./session/send-large-message.js";
import type { SessionContext } from "./session/session-context.js";
import { type OpenSessionOptions, openSession, type SessionOpened } from "./session/open-session.js";
import { retrieveMessages, type Retrieved } from "./session/retrieve-messages.js";
import { SessionTable } from "./session/session-table.js";
import { type SessionDecider, takeInvitation } from "./session/take-invitation.js";

/** How a message is sent. */
export interface SendOptions {
  /** What the sender wants to be told; anything at all wraps the text in message/cpim. */
  readonly wants?: readonly Disposition[];
  /** How long the message is worth delivering, in seconds. @spec rfc3428#4 */
  readonly expiresS?: number;
  /** `large`: in a session of its own, whatever its size. Default: by its size. @spec CL-11 */
  readonly mode?: "pager" | "large";
}

interface Deps {
  readonly stack: SipStack;
  readonly dialogs: Dialogs;
  readonly pager: PagerSender;
  readonly registration: ClientRegistration;
  readonly sessions: Omit<
    SessionContext,
    "dialogs" | "seen" | "hearers" | "notify" | "takeInDialog" | "began"
  >;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  /** The SIP URI of what keeps our messages while we are away. @spec DF-30 */
  readonly deferredService: string;
  /** The largest MESSAGE. @spec CL-10 */
  readonly pagerLimitBytes: number;
  /** Closes the MSRP sockets, if any were opened. */
  readonly stopMedia: () => Promise<void>;
  /** Lets nothing come that is due later. */
  readonly ended: () => void;
}

/** An IM client for one user on one device. Make it with `createClient`. */
export class Client {
  readonly #deps: Deps;
  readonly #context: SessionContext;
  readonly #seen = new SeenCopies();
  readonly #sessions = new SessionTable();
  readonly #calls = new Set<Call>();
  #opened: Promise<void> | undefined;
  #isRegistered = false;
  #onMessage: (arrival: Arrival) => Promise<void> | void = () => undefined;
  #onReceipt: (receipt: Receipt) => void = () => undefined;
  #onComposing: (composing: Composing) => void = () => undefined;
  #onSession: SessionDecider | undefined;
  readonly #receiptsUnderWay = new Set<Promise<unknown>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#context = {
      ...deps.sessions,
      dialogs: deps.dialogs,
      seen: this.#seen,
      hearers: {
        message: (arrival) => this.#onMessage(arrival),
        receipt: (receipt) => this.#onReceipt(receipt),
        composing: (composing) => this.#onComposing(composing),
      },
      notify: (message, status) => this.#notify(message, status),
      takeInDialog: (incoming) => this.#receiveInDialog(incoming),
      began: (call) => {
        this.#calls.add(call);
        call.onEnded(() => this.#calls.delete(call));
      },
    };
    deps.stack.onRequest((incoming) => void this.#receive(incoming));
    deps.stack.onFlowClosed((flow) => deps.dialogs.flowClosed(flow));
  }

  /** Opens the sockets, so that messages can be sent without a registration. */
  open(): Promise<void> {
    this.#opened ??= this.#deps.stack.start();
    return this.#opened;
  }

  /** Registers this device, and keeps it registered; again when it is called again. */
  async register(): Promise<Registered> {
    await this.open();
    this.#isRegistered = true;
    return this.#deps.registration.start();
  }

  /**
   * Takes messages, however they come: by MESSAGE, as large messages, from the store, in sessions that have no hearer of
   * their own. The answer goes out when `take` has settled, so a message that was answered was taken; a rejection
   * refuses it, and the service tries again.
   */
  onMessage(take: (arrival: Arrival) => Promise<void> | void): void {
    this.#onMessage = take;
  }

  /** Hears what became of the messages that were sent. */
  onReceipt(hear: (receipt: Receipt) => void): void {
    this.#onReceipt = hear;
  }

  /** Hears that somebody is typing, or has stopped. */
  onComposing(hear: (composing: Composing) => void): void {
    this.#onComposing = hear;
  }

  /** Is asked about sessions that others want to open; without it they are refused with 480. */
  onSession(decide: SessionDecider): void {
    this.#onSession = decide;
  }

  /** Sends a text: by MESSAGE, or what does not fit into one in a session of its own. @spec CL-10 @spec CL-11 @spec CL-12 */
  async sendText(to: string, text: string, options: SendOptions = {}): Promise<Sent> {
    const messageId = createMessageId(this.#deps.chance);
    const wants = options.wants ?? [];
    const wrapped = (): ComposedBody =>
      composeCpim({
        from: this.#deps.aor,
        to,
        messageId,
        sentAt: this.#now(),
        wants,
        contentHeaders: [["Content-Type", "text/plain;charset=UTF-8"]],
        content: new TextEncoder().encode(text),
      });
    const expires = options.expiresS === undefined ? [] : ([["Expires", String(options.expiresS)]] as const);
    const message = {
      ...(wants.length === 0 ? composePlain(text) : wrapped()),
      to,
      messageId,
      headers: expires,
    };
    const inSession = (): Promise<Sent> =>
      sendLargeMessage(this.#context, { ...wrapped(), to, messageId, headers: [] });
    if (this.#isForSession(message, options.mode)) return inSession();
    const sent = await this.#deps.pager.submit(message);
    if (sent.kind !== "too-large") return sent;
    return options.mode === "pager" ? sent.refused : inSession();
  }

  /**
   * Invites somebody to a session: a conversation that lasts, with files.
   *
   * @spec CL-20
   */
  async openSession(to: string, options: OpenSessionOptions = {}): Promise<SessionOpened> {
    const opened = await openSession(this.#context, to, options);
    if (opened.kind === "established") this.#sessions.add(opened.session);
    return opened;
  }

  /** Fetches what the service keeps for us, all of it or what the references name; each goes to `onMessage`. @spec DF-30 */
  retrieve(references: readonly string[] = []): Promise<Retrieved> {
    return retrieveMessages(this.#context, this.#deps.deferredService, references);
  }

  /** Tells the sender that a person has seen the message, where the sender wants to know. @spec CL-32 */
  async markDisplayed(message: ReceivedMessage): Promise<void> {
    if (message.wants.includes("display")) await this.#notify(message, "displayed");
  }

  /** Says that the user is typing, or has stopped. @spec CL-31 */
  async setComposing(to: string, state: "active" | "idle"): Promise<Sent> {
    const body = new TextEncoder().encode(
      formatIsComposing({ state, ...(state === "active" && { refreshS: 60 }) }),
    );
    return this.#submitSmall({ contentType: isComposingMediaType, body, to, messageId: "" });
  }

  /** Ends the sessions, removes the registration and closes the sockets. */
  async close(): Promise<void> {
    await this.#sessions.close();
    await Promise.allSettled(this.#receiptsUnderWay);
    if (this.#isRegistered) await this.#deps.registration.stop();
    await this.#stop();
  }

  /** Closes the sockets without a word, as a device does that loses its network. */
  async dropOff(): Promise<void> {
    this.#deps.registration.abandon();
    await this.#stop();
  }

  async #stop(): Promise<void> {
    for (const call of this.#calls) call.abandon();
    await this.#deps.stopMedia();
    await this.#deps.stack.stop();
    this.#deps.ended();
  }

  #isForSession(message: PagerMessage, mode: SendOptions["mode"]): boolean {
    if (mode !== undefined) return mode === "large";
    return this.#deps.pager.isAbove(this.#deps.pagerLimitBytes, message);
  }

  async #submitSmall(message: PagerMessage): Promise<Sent> {
    const sent = await this.#deps.pager.submit(message);
    return sent.kind === "too-large" ? sent.refused : sent;
  }

  async #receive(incoming: IncomingRequest): Promise<void> {
    const { request } = incoming;
    if (this.#deps.dialogs.take(incoming)) return;
    const answer = (status: number, parts: Parameters<typeof createResponse>[2] = {}): void =>
      incoming.respond(createResponse(request, status, { toTag: this.#deps.chance.token(8), ...parts }));
    if (request.method === "ACK") return;
    if (!this.#isForUs(request)) return answer(404, { reason: "Another User Was Here" });
    if (request.method === "OPTIONS") return answer(200, { headers: capabilities });
    if (request.method === "INVITE") return this.#receiveInvite(incoming);
    if (request.method !== "MESSAGE") return answer(405, { headers: [["Allow", allow]] });
    return this.#receiveMessage(request, (status, reason) => answer(status, reason ? { reason } : {}));
  }

  async #receiveInvite(incoming: IncomingRequest): Promise<void> {
    await takeInvitation(this.#context, this.#deps.dialogs.answer(incoming), {
      onSession: this.#onSession,
      sessions: this.#sessions.size,
      begun: (session) => this.#sessions.add(session),
    });
  }

  #receiveInDialog(incoming: InDialogRequest): void {
    void this.#receiveMessage(incoming.request, (status, reason) =>
      incoming.respond(status, reason ? { reason } : {}),
    );
  }

  async #receiveMessage(
    request: SipRequest,
    answer: (status: number, reason?: string) => void,
  ): Promise<void> {
    const read = readMessage(request);
    switch (read.kind) {
      case "unreadable":
        return answer(read.status, read.reason);
      case "receipt":
        answer(200);
        return this.#onReceipt(read.receipt);
      case "composing":
        answer(200);
        return this.#onComposing(read.composing);
      case "message":
        return this.#take(read.message, answer);
    }
  }

  /**
   * A contact outlives its device: who has the port now must not take what was meant for the one before.
   *
   * @spec rfc3261#8.2.2.1
   */
  #isForUs({ requestUri }: SipRequest): boolean {
    const named = userOf(requestUri);
    return named === "" || named === userOf(this.#deps.aor);
  }

  async #take(message: ReceivedMessage, answer: (status: number) => void): Promise<void> {
    const key = pagerKeyOf(message);
    const isRepeat = this.#seen.isRepeat(key);
    try {
      await this.#onMessage({ message, isRepeat });
    } catch {
      if (!isRepeat) this.#seen.forget(key);
      return answer(500);
    }
    answer(200);
    if (!isRepeat && message.wants.includes("positive-delivery")) await this.#notify(message, "delivered");
  }

  /** By way of who sent the message. @spec rfc5438#12.1.3.1 */
  async #notify(message: ReceivedMessage, status: ReceiptStatus): Promise<void> {
    const messageId = this.#deps.chance.token(12);
    const body = composeReceipt(message, status, { messageId, sentAt: this.#now() });
    if (!body) return;
    const notified = this.#submitSmall({ ...body, to: message.from, messageId: "" });
    this.#receiptsUnderWay.add(notified);
    await notified.finally(() => this.#receiptsUnderWay.delete(notified));
  }

  #now(): string {
    return new Date(this.#deps.clock.nowMs()).toISOString();
  }
}

/** The user part in its one spelling; empty where none is named, undefined where that is none of ours to read. */
function userOf(uri: string): string | undefined {
  const aor = aorOf(uri);
  if (!aor.ok || !aor.value.startsWith("sip:")) return undefined;
  return aor.value.slice("sip:".length, Math.max("sip:".length, aor.value.indexOf("@")));
}

const allow = "INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE, OPTIONS";

const capabilities = [
  ["Allow", allow],
  [
    "Accept",
    "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml, application/sdp, multipart/mixed",
  ],
  ["Accept-Encoding", "deflate, gzip, identity"],
] as const;
