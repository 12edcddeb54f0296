import type { Chance, Clock } from "@heliograph/kernel";
import {
  aorOf,
  createRequest,
  createResponse,
  type IncomingRequest,
  type SipRequest,
  type SipStack,
  type Target,
} from "@heliograph/sip";
import type { ComposedBody } from "./compose-message.js";
import { composeCpim, composePlain } from "./compose-message.js";
import { readMessage } from "./read-message.js";
import type { Composing, Disposition, Receipt, ReceivedMessage } from "./received-message.js";
import type { ClientRegistration, Registered } from "./registration.js";
import type { requestSender } from "./request-sender.js";
import { SeenCopies } from "./seen-copies.js";
import { formatIsComposing, formatImdn, imdnMediaType, isComposingMediaType } from "@heliograph/im-bodies";

/** What became of a message that was sent. */
export type Sent =
  /** 200: a device has it. 202: the service keeps it until a device takes it. */
  | {
      readonly kind: "accepted";
      readonly status: number;
      readonly messageId: string;
      readonly callId: string;
    }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string; readonly callId: string }
  | { readonly kind: "unreachable"; readonly reason: string; readonly callId: string };

/** How a message is sent. */
export interface SendOptions {
  /** What the sender wants to be told; anything at all wraps the text in message/cpim. */
  readonly wants?: readonly Disposition[];
  /** How long the message is worth delivering, in seconds. @spec rfc3428#4 */
  readonly expiresS?: number;
}

/** A message together with whether this device has had it before. */
export interface Arrival {
  readonly message: ReceivedMessage;
  readonly isRepeat: boolean;
}

interface Deps {
  readonly stack: SipStack;
  readonly send: ReturnType<typeof requestSender>;
  readonly registration: ClientRegistration;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  readonly displayName: string | undefined;
  readonly target: () => Target;
}

interface Outgoing extends ComposedBody {
  readonly to: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** An IM client for one user on one device. Make it with `createClient`. */
export class Client {
  readonly #deps: Deps;
  readonly #seen = new SeenCopies();
  #opened: Promise<void> | undefined;
  #isRegistered = false;
  #onMessage: (arrival: Arrival) => Promise<void> | void = () => undefined;
  #onReceipt: (receipt: Receipt) => void = () => undefined;
  #onComposing: (composing: Composing) => void = () => undefined;
  readonly #receiptsUnderWay = new Set<Promise<unknown>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.stack.onRequest((incoming) => void this.#receive(incoming));
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
   * Takes messages. The 200 goes out when `take` has settled, so a message that was answered was taken;
   * a rejection answers 500, and the service tries again.
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

  /** Sends a text. @spec CL-10 @spec CL-12 */
  async sendText(to: string, text: string, options: SendOptions = {}): Promise<Sent> {
    const messageId = this.#deps.chance.token(12);
    const wants = options.wants ?? [];
    const sentAt = new Date(this.#deps.clock.nowMs()).toISOString();
    const body =
      wants.length === 0
        ? composePlain(text)
        : composeCpim({
            from: this.#deps.aor,
            to,
            messageId,
            sentAt,
            wants,
            contentHeaders: [["Content-Type", "text/plain;charset=UTF-8"]],
            content: new TextEncoder().encode(text),
          });
    const expires = options.expiresS === undefined ? [] : ([["Expires", String(options.expiresS)]] as const);
    return this.#submit({ ...body, to, headers: expires }, messageId);
  }

  /** Tells the sender that a person has seen the message, where the sender wants to know. @spec CL-32 */
  async markDisplayed(message: ReceivedMessage): Promise<void> {
    if (message.wants.includes("display")) await this.#notify(message, "displayed");
  }

  /** Says that the user is typing, or has stopped. @spec CL-31 */
  setComposing(to: string, state: "active" | "idle"): Promise<Sent> {
    const body = new TextEncoder().encode(
      formatIsComposing({ state, ...(state === "active" && { refreshS: 60 }) }),
    );
    return this.#submit({ contentType: isComposingMediaType, body, to }, "");
  }

  /** Removes the registration and closes the sockets. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#receiptsUnderWay);
    if (this.#isRegistered) await this.#deps.registration.stop();
    await this.#deps.stack.stop();
  }

  /** Closes the sockets without a word, as a device does that loses its network. */
  async dropOff(): Promise<void> {
    this.#deps.registration.abandon();
    await this.#deps.stack.stop();
  }

  async #submit(outgoing: Outgoing, messageId: string): Promise<Sent> {
    const { send, chance, target } = this.#deps;
    const callId = chance.token(16);
    const fromTag = chance.token(8);
    let cseq = 0;
    const make = (number: number) => this.#request(outgoing, { callId, fromTag, number });
    const outcome = await send(make, () => ++cseq, target());
    if (outcome.kind === "silent") return { kind: "unreachable", reason: "no answer", callId };
    if (outcome.kind === "unreachable") return { ...outcome, callId };
    const { status, reason } = outcome.response;
    if (status < 300) return { kind: "accepted", status, messageId, callId };
    return { kind: "refused", status, reason, callId };
  }

  #request(
    { to, contentType, body, headers = [] }: Outgoing,
    ids: { callId: string; fromTag: string; number: number },
  ) {
    const { aor, displayName } = this.#deps;
    const name = displayName === undefined ? "" : `"${displayName.replaceAll(/["\\]/g, "")}" `;
    return createRequest({
      method: "MESSAGE",
      requestUri: to,
      headers: [
        ["Max-Forwards", "70"],
        ["From", `${name}<${aor}>;tag=${ids.fromTag}`],
        ["To", `<${to}>`],
        ["Call-ID", ids.callId],
        ["CSeq", `${ids.number} MESSAGE`],
        ["Accept-Contact", "*;+g.oma.sip-im"],
        ["Date", new Date(this.#deps.clock.nowMs()).toUTCString()],
        ...headers,
        ["Content-Type", contentType],
      ],
      body,
    });
  }

  async #receive(incoming: IncomingRequest): Promise<void> {
    const { request } = incoming;
    const answer = (status: number, parts: Parameters<typeof createResponse>[2] = {}): void =>
      incoming.respond(createResponse(request, status, { toTag: this.#deps.chance.token(8), ...parts }));
    if (request.method === "ACK") return;
    if (!this.#isForUs(request)) return answer(404, { reason: "Another User Was Here" });
    if (request.method === "OPTIONS") return answer(200, { headers: capabilities });
    if (request.method !== "MESSAGE") return answer(405, { headers: [["Allow", "MESSAGE, OPTIONS"]] });
    const read = readMessage(request);
    switch (read.kind) {
      case "unreadable":
        return answer(read.status, { reason: read.reason });
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
    const isRepeat = this.#seen.isRepeat(message);
    try {
      await this.#onMessage({ message, isRepeat });
    } catch {
      if (!isRepeat) this.#seen.forget(message);
      return answer(500);
    }
    answer(200);
    if (isRepeat || !message.wants.includes("positive-delivery")) return;
    const notified = this.#notify(message, "delivered");
    this.#receiptsUnderWay.add(notified);
    await notified.finally(() => this.#receiptsUnderWay.delete(notified));
  }

  /** To the CPIM From, by way of who sent the message. @spec rfc5438#7.2.1 @spec rfc5438#12.1.3.1 */
  async #notify(message: ReceivedMessage, status: "delivered" | "displayed"): Promise<void> {
    const { messageId, sentAt, imdnRoute } = message;
    if (messageId === undefined || sentAt === undefined) return;
    const notification =
      status === "delivered"
        ? ({ kind: "delivery", status } as const)
        : ({ kind: "display", status } as const);
    const body = composeCpim({
      from: message.to,
      to: message.writtenFrom,
      messageId: this.#deps.chance.token(12),
      sentAt: new Date(this.#deps.clock.nowMs()).toISOString(),
      wants: [],
      imdnRoute,
      contentHeaders: [
        ["Content-Type", imdnMediaType],
        ["Content-Disposition", "notification"],
      ],
      content: new TextEncoder().encode(
        formatImdn({ messageId, dateTime: sentAt, recipientUri: message.to, notification }),
      ),
    });
    await this.#submit({ ...body, to: message.from }, "");
  }
}

/** The user part in its one spelling; empty where none is named, undefined where that is none of ours to read. */
function userOf(uri: string): string | undefined {
  const aor = aorOf(uri);
  if (!aor.ok || !aor.value.startsWith("sip:")) return undefined;
  return aor.value.slice("sip:".length, Math.max("sip:".length, aor.value.indexOf("@")));
}

const capabilities = [
  ["Allow", "MESSAGE, OPTIONS"],
  ["Accept", "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml"],
  ["Accept-Encoding", "deflate, gzip, identity"],
] as const;
