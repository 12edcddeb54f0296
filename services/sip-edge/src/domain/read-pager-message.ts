import type { PagerMessage } from "@heliograph/contracts";
import type { SipRequest, TransportName } from "@heliograph/sip";
import { type FieldFacts, readFields } from "./read-fields.js";

/** What the edge has found out about a MESSAGE beside its text. */
export interface MessageFacts extends FieldFacts {
  readonly receivedAtMs: number;
  readonly transport: TransportName;
  readonly requestUri: string;
  readonly recipient: string;
  /** The CSeq of the first attempt, where this is the retry that a challenge of ours asked for. */
  readonly firstCseq?: number | undefined;
  readonly privacy: readonly string[];
  /** Where a trusted core wants it to go next. */
  readonly route: readonly string[];
}

/** How many hops a request may still make that does not say. @spec GEN-03 @spec rfc3261#16.6 */
export const defaultMaxForwards = 70;

/**
 * Reads a MESSAGE whose sender is established. A retry with credentials keeps the CSeq of the first attempt from here
 * on: should that have been taken before we died, everybody behind us knows the message again (R-sip-edge-11).
 *
 * @spec PF-15 @spec PF-54 @spec GEN-16 @spec GEN-19
 */
export function readPagerMessage(request: SipRequest, facts: MessageFacts): PagerMessage {
  const contentType = request.headers.get("Content-Type");
  const { kept, sizeBytes } = readFields(request, facts);
  return {
    id: facts.id,
    requestUri: facts.requestUri,
    recipient: facts.recipient,
    sender: facts.sender,
    from: request.from.raw,
    to: request.to.raw,
    callId: request.callId,
    cseq: facts.firstCseq ?? request.cseq.number,
    maxForwards: request.maxForwards ?? defaultMaxForwards,
    privacy: [...facts.privacy],
    ...(contentType === undefined ? {} : { contentType }),
    headers: kept,
    body: request.body,
    receivedAtMs: facts.receivedAtMs,
    sizeBytes,
    transport: facts.transport,
    route: [...facts.route],
  };
}
