import type { Chance } from "@heliograph/kernel";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import type { Alarms } from "./alarms.js";
import type { Channel } from "./channel.js";
import type { KeptResponses } from "./kept-responses.js";

/** What answers a request. @spec rfc3261#17.2 */
export interface ServerTransaction {
  /**
   * Answers. What the state machine does not allow any more is discarded: a second final answer, an answer after
   * the client gave up, a 408 or another provisional than 100 to a request other than INVITE (RFC 4320).
   */
  respond(response: SipResponse): void;
}

/** A server transaction as the layer sees it. */
export interface OpenServerTransaction extends ServerTransaction {
  readonly key: string;
  keyHash: number;
  /** The key of the ACK, where the client is one of RFC 2543 and the answer refuses its INVITE. */
  readonly ackKey?: string | undefined;
  readonly channel: Channel;
  /** Takes a request that matches: a retransmission, or the ACK. */
  receiveRequest(request: SipRequest): void;
  /** The To tag of its answers, which the answer to a CANCEL has too; undefined: that has one of its own. @spec rfc3261#9.2 */
  answerTag(): string | undefined;
  /** A CANCEL matches, and is answered. */
  receiveCancel(cancel: SipRequest): void;
  /** Leaves without a word. */
  forget(): void;
}

/** What a server transaction needs of the world. */
export interface ServerEnvironment {
  readonly alarms: Alarms;
  readonly chance: Chance;
  readonly kept: KeptResponses;
  /** A final answer was given, or none will be: `request` is no longer open. */
  settled(transaction: OpenServerTransaction, request: SipRequest): void;
  ended(transaction: OpenServerTransaction): void;
  /** An ACK that belongs to the TU, because it acknowledges a 2xx. @spec rfc6026#7.1 */
  acknowledged(transaction: OpenServerTransaction, ack: SipRequest): void;
  /** The TU has nothing left to answer: the layer did. @spec GEN-40 */
  cancelled(transaction: OpenServerTransaction, reasons: readonly string[]): void;
  failed(transaction: OpenServerTransaction, reason: string): void;
  /** From now on an ACK under `ackKey` belongs to the transaction. @spec rfc3261#17.2.3 */
  awaitsAck(transaction: OpenServerTransaction, ackKey: string): void;
}
