/** A message as a person wants it, with what the wire said for a program that compares copies. */
export interface ReceivedMessage {
  /** The sender's URI, on the word of the service: P-Asserted-Identity, otherwise From. */
  readonly from: string;
  /** CPIM From, otherwise the same as `from`. The sender may have written anything. @spec GEN-06 */
  readonly writtenFrom: string;
  readonly to: string;
  /** The text, where the content is text. */
  readonly text: string | undefined;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** CPIM imdn.Message-ID. */
  readonly messageId: string | undefined;
  /** CPIM DateTime. */
  readonly sentAt: string | undefined;
  /** What the sender wants to be told. */
  readonly wants: readonly Disposition[];
  /** Where notifications go on their way back. @spec rfc5438#6.5 */
  readonly imdnRoute: readonly string[];
  /** Of a message that came by MSRP, that of the session. */
  readonly callId: string;
  /** 0 for a message that came by MSRP. */
  readonly cseq: number;
}

/** The notifications that a sender can ask for. @spec rfc5438#6.4 */
export type Disposition = "positive-delivery" | "negative-delivery" | "processing" | "display";

/** What became of a message that we sent. @spec rfc5438#11.1 */
export interface Receipt {
  readonly messageId: string;
  /** `delivered`, `failed`, `displayed`, `processed`, `stored`, `forbidden`, `error`. */
  readonly status: string;
  readonly kind: "delivery" | "processing" | "display";
  readonly from: string;
}

/** Somebody is typing, or has stopped. @spec rfc3994#3 */
export interface Composing {
  readonly from: string;
  readonly state: "active" | "idle";
}

/** A message together with whether this device has had it before. */
export interface Arrival {
  readonly message: ReceivedMessage;
  readonly isRepeat: boolean;
}
