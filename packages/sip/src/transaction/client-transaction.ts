import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import type { Alarms } from "./alarms.js";
import type { Channel } from "./channel.js";

/** Who waits for the answer to a request. @spec rfc3261#17.1 */
export interface ClientUser {
  /** Every provisional response, and the final one: one, but for an INVITE, where several 2xx may come. */
  onResponse(response: SipResponse): void;
  /** Timer B or F fired, or the answer to a cancelled INVITE did not come. */
  onTimeout(): void;
  onTransportError(reason: string): void;
}

/** A request on its way. */
export interface ClientTransaction {
  /** Stops retransmitting and forgets: the user hears no more. */
  cancel(): void;
  /**
   * Sends CANCEL for an INVITE: as soon as a provisional response is there, and not after a final one. Other
   * requests are not cancelled. `reason` is a Reason value. @spec rfc3261#9.1 @spec GEN-40 @spec GEN-17
   */
  sendCancel(reason?: string): void;
}

/** A client transaction as the layer sees it. */
export interface OpenClientTransaction extends ClientTransaction {
  readonly key: string;
  keyHash: number;
  /** The method that the CSeq of a response must name. @spec rfc3261#17.1.3 */
  readonly method: string;
  receiveResponse(response: SipResponse): void;
}

/** What a client transaction needs of the world. */
export interface ClientEnvironment {
  readonly alarms: Alarms;
  /** The user has heard all that it will hear, further 2xx to an INVITE apart. */
  settled(transaction: OpenClientTransaction): void;
  ended(transaction: OpenClientTransaction): void;
  /** Sends a CANCEL in a transaction of its own. @spec rfc3261#9.1 */
  sendCancel(cancel: SipRequest, channel: Channel): void;
}
