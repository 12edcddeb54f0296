import { type Chance, type Clock, KeyedTable } from "@heliograph/kernel";
import { createResponse } from "../create-response.js";
import { formatMessage } from "../format-message.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import { Alarms } from "./alarms.js";
import type { Channel } from "./channel.js";
import type {
  ClientEnvironment,
  ClientTransaction,
  ClientUser,
  OpenClientTransaction,
} from "./client-transaction.js";
import { InviteClientTransaction } from "./invite-client.js";
import { InviteServerTransaction } from "./invite-server.js";
import { KeptResponses } from "./kept-responses.js";
import { NonInviteClientTransaction } from "./non-invite-client.js";
import { NonInviteServerTransaction } from "./non-invite-server.js";
import { OpenRequests } from "./open-requests.js";
import type { OpenServerTransaction, ServerEnvironment, ServerTransaction } from "./server-transaction.js";
import { clientKeyOf, lookUpKeyOf, serverKeyOf } from "./transaction-key.js";

/** Who serves the requests that come in. Only the first two are needed. */
export interface LayerUser {
  /** A new request; or an ACK to a 2xx, which takes no answer. */
  onRequest(request: SipRequest, transaction: ServerTransaction, channel: Channel): void;
  /** A response that matches nothing. It is dropped; this is for counting it. @spec rfc6026#7.3 @spec GEN-36 */
  onStray(response: SipResponse): void;
  /**
   * A copy of a request that is still open, which came another way: a UAS answers 482. Without this hook it is a new
   * request, as it must be for a proxy. @spec rfc3261#8.2.2.2 @spec GEN-19
   */
  onMergedRequest?(request: SipRequest, transaction: ServerTransaction, channel: Channel): void;
  /** An INVITE was cancelled with these Reason values, and answered with 487. @spec GEN-40 @spec rfc3326#2 */
  onCancel?(transaction: ServerTransaction, reasons: readonly string[]): void;
  /** An answer was lost for good: the transport failed, or the ACK did not come. @spec rfc3261#17.2.4 */
  onAnswerLost?(transaction: ServerTransaction, reason: string): void;
  /** No room for a new request, or draining: what to answer, undefined for silence. A 503 without this hook. */
  onOverload?(request: SipRequest): SipResponse | undefined;
}

/** How much the layer may hold. */
export interface LayerLimits {
  /** Live server transactions, those in Completed included. */
  readonly maxServerTransactions: number;
  readonly maxClientTransactions: number;
  /** Memory for the responses that wait for retransmissions. Above it, retransmissions are absorbed unanswered. */
  readonly maxKeptBytes: number;
}

/** 5,000 requests a second for 32 s, and room for a bad minute. */
export const defaultLayerLimits: LayerLimits = {
  maxServerTransactions: 400_000,
  maxClientTransactions: 400_000,
  maxKeptBytes: 512 * 1024 * 1024,
};

/** What the layer needs. */
export interface LayerDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly user: LayerUser;
  readonly limits?: Partial<LayerLimits>;
}

/** What happened, each since the start. */
export interface LayerCounts {
  readonly retransmissions: number;
  readonly strays: number;
  readonly merged: number;
  readonly refused: number;
  readonly cancels: number;
  readonly timeouts: number;
}

/** A CANCEL may mean any of these; that of a method unknown to us is answered 481. */
const cancellable =
  "INVITE MESSAGE REGISTER OPTIONS SUBSCRIBE NOTIFY PUBLISH REFER INFO UPDATE PRACK BYE".split(" ");

const takesNoAnswer: ServerTransaction = { respond: () => undefined };

/**
 * Finds or makes the transaction of every message.
 *
 * @spec rfc3261#17
 * @spec rfc6026#7
 */
export class TransactionLayer {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #user: LayerUser;
  readonly #limits: LayerLimits;
  readonly #alarms: Alarms;
  readonly #kept: KeptResponses;
  readonly #servers: KeyedTable<OpenServerTransaction>;
  readonly #clients: KeyedTable<OpenClientTransaction>;
  readonly #legacyAcks = new Map<string, OpenServerTransaction>();
  readonly #openRequests = new OpenRequests();
  readonly #counts = { retransmissions: 0, strays: 0, merged: 0, refused: 0, cancels: 0, timeouts: 0 };
  readonly #serverEnvironment: ServerEnvironment;
  readonly #clientEnvironment: ClientEnvironment;
  #openCount = 0;
  #draining: { readonly done: Promise<void>; readonly resolve: () => void } | undefined;

  constructor({ clock, chance, user, limits }: LayerDeps) {
    this.#clock = clock;
    this.#chance = chance;
    this.#user = user;
    this.#limits = { ...defaultLayerLimits, ...limits };
    this.#servers = new KeyedTable(chance.token(8));
    this.#clients = new KeyedTable(chance.token(8));
    this.#alarms = new Alarms(clock);
    this.#kept = new KeptResponses({ maxBytes: this.#limits.maxKeptBytes });
    this.#serverEnvironment = this.#serve();
    this.#clientEnvironment = this.#ask();
  }

  /** Live server transactions, those that only wait for retransmissions included. */
  get serverCount(): number {
    return this.#servers.size;
  }

  /** Live client transactions, those that only wait for retransmissions included. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Transactions that still wait for a final response, ours or theirs. */
  get openCount(): number {
    return this.#openCount;
  }

  get counts(): LayerCounts {
    return this.#counts;
  }

  /** Takes a message from the wire. */
  receive(message: SipRequest | SipResponse, channel: Channel): void {
    if (message.kind === "request") this.#receiveRequest(message, channel);
    else this.#receiveResponse(message);
  }

  /** Sends a request, whose top Via is ours and new. A channel that fails at once tells the user before this returns. */
  request(request: SipRequest, channel: Channel, user: ClientUser): ClientTransaction {
    if (this.#clients.size >= this.#limits.maxClientTransactions) return this.#tooMany(user);
    const Transaction = request.method === "INVITE" ? InviteClientTransaction : NonInviteClientTransaction;
    const transaction = new Transaction(this.#clientEnvironment, request, channel, user);
    const { key } = transaction;
    const keyHash = this.#clients.hashOf(key);
    if (this.#clients.get(key, keyHash)) throw new Error(`branch "${request.via.branch}" is in use`);
    this.#clients.add(transaction, keyHash);
    this.#openCount += 1;
    transaction.start();
    return transaction;
  }

  /** Refuses new requests from now on; resolves when every open transaction has its final answer. */
  drain(): Promise<void> {
    if (this.#draining === undefined) {
      let resolve = (): void => undefined;
      const done = new Promise<void>((settle) => (resolve = settle));
      this.#draining = { done, resolve };
      this.#settled(0);
    }
    return this.#draining.done;
  }

  /** Forgets everything, without telling anybody. */
  close(): void {
    for (const transaction of this.#clients.values()) transaction.cancel();
    for (const transaction of this.#servers.values()) transaction.forget();
    this.#alarms.close();
    this.#clients.clear();
  }

  #receiveRequest(request: SipRequest, channel: Channel): void {
    const key = lookUpKeyOf(request);
    const keyHash = this.#servers.hashOf(key);
    const known =
      this.#servers.get(key, keyHash) ?? (request.method === "ACK" ? this.#legacyAcks.get(key) : undefined);
    if (known !== undefined) {
      if (request.method !== "ACK") this.#counts.retransmissions += 1;
      known.receiveRequest(request);
    } else if (request.method === "ACK") {
      this.#user.onRequest(request, takesNoAnswer, channel);
    } else if (this.#servers.size >= this.#limits.maxServerTransactions) {
      this.#refuse(request, channel);
    } else if (request.method === "CANCEL") {
      this.#cancel(request, this.#open(request, channel, key, keyHash));
    } else if (this.#draining) {
      this.#refuse(request, channel);
    } else {
      this.#pass(request, channel, key, keyHash);
    }
  }

  #pass(request: SipRequest, channel: Channel, key: string, keyHash: number): void {
    const isCopy = this.#user.onMergedRequest !== undefined && this.#openRequests.hasCopyOf(request);
    const transaction = this.#open(request, channel, key, keyHash);
    if (!isCopy) return this.#user.onRequest(request, transaction, channel);
    this.#counts.merged += 1;
    this.#user.onMergedRequest?.(request, transaction, channel);
  }

  #open(request: SipRequest, channel: Channel, key: string, keyHash: number): OpenServerTransaction {
    const Transaction = request.method === "INVITE" ? InviteServerTransaction : NonInviteServerTransaction;
    const transaction = new Transaction(this.#serverEnvironment, key, request, channel);
    this.#servers.add(transaction, keyHash);
    this.#openRequests.add(request);
    this.#openCount += 1;
    return transaction;
  }

  /** Answers the CANCEL before what it cancels, which is the order that callers read them in. @spec rfc3261#9.2 @spec GEN-40 */
  #cancel(cancel: SipRequest, transaction: ServerTransaction): void {
    this.#counts.cancels += 1;
    const target = this.#targetOf(cancel);
    const toTag = target?.answerTag() ?? this.#chance.token(8);
    transaction.respond(createResponse(cancel, target ? 200 : 481, { toTag }));
    target?.receiveCancel(cancel);
  }

  #targetOf(cancel: SipRequest): OpenServerTransaction | undefined {
    for (const method of cancellable) {
      const key = serverKeyOf(cancel, method);
      const target = this.#servers.get(key, this.#servers.hashOf(key));
      if (target) return target;
    }
    return undefined;
  }

  #refuse(request: SipRequest, channel: Channel): void {
    this.#counts.refused += 1;
    const response = this.#user.onOverload ? this.#user.onOverload(request) : this.#unavailable(request);
    if (response) channel.send(formatMessage(response));
  }

  #unavailable(request: SipRequest): SipResponse {
    return createResponse(request, 503, { toTag: this.#chance.token(8), headers: [["Retry-After", "10"]] });
  }

  #receiveResponse(response: SipResponse): void {
    const key = clientKeyOf(response.via, response.cseq.method);
    const transaction = this.#clients.get(key, this.#clients.hashOf(key));
    if (transaction?.method === response.cseq.method) return transaction.receiveResponse(response);
    this.#counts.strays += 1;
    this.#user.onStray(response);
  }

  #tooMany(user: ClientUser): ClientTransaction {
    this.#counts.refused += 1;
    const timer = this.#clock.after(0, () => user.onTransportError("too many requests are on their way"));
    return { cancel: () => timer.cancel(), sendCancel: () => undefined };
  }

  #serve(): ServerEnvironment {
    return {
      alarms: this.#alarms,
      chance: this.#chance,
      kept: this.#kept,
      settled: (_transaction, request) => {
        this.#openRequests.remove(request);
        this.#settled(1);
      },
      ended: (transaction) => this.#endedServer(transaction),
      acknowledged: (transaction, ack) => this.#user.onRequest(ack, takesNoAnswer, transaction.channel),
      cancelled: (transaction, reasons) => this.#user.onCancel?.(transaction, reasons),
      failed: (transaction, reason) => this.#user.onAnswerLost?.(transaction, reason),
      awaitsAck: (transaction, ackKey) => void this.#legacyAcks.set(ackKey, transaction),
    };
  }

  #endedServer(transaction: OpenServerTransaction): void {
    this.#servers.delete(transaction);
    if (transaction.ackKey !== undefined) this.#legacyAcks.delete(transaction.ackKey);
  }

  #ask(): ClientEnvironment {
    return {
      alarms: this.#alarms,
      settled: () => this.#settled(1),
      ended: (transaction) => this.#clients.delete(transaction),
      sendCancel: (cancel, channel) => {
        this.request(cancel, channel, indifferent);
      },
    };
  }

  #settled(count: number): void {
    this.#openCount -= count;
    if (this.#openCount === 0) this.#draining?.resolve();
  }
}

/** Who does not wait for the answer: that of a CANCEL says nothing about the INVITE. */
const indifferent: ClientUser = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};
