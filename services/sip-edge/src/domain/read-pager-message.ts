import type { HeaderField, PagerMessage, Sender } from "@heliograph/contracts";
import { headerKeyOf, type SipRequest, type TransportName } from "@heliograph/sip";
import { chargingVector } from "./charging-vector.js";
import { headerRoleOf, type HeaderRole } from "./header-roles.js";

/** What the edge has found out about a MESSAGE beside its text. */
export interface MessageFacts {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly transport: TransportName;
  readonly requestUri: string;
  readonly recipient: string;
  readonly sender: Sender;
  /** The CSeq of the first attempt, where this is the retry that a challenge of ours asked for. */
  readonly firstCseq?: number | undefined;
  readonly privacy: readonly string[];
  /** Where a trusted core wants it to go next. */
  readonly route: readonly string[];
  /** Whether the previous hop is inside the trust domain. */
  readonly isFromCore: boolean;
  /** Our name in a charging vector. */
  readonly host: string;
  /** The sender's domain. */
  readonly network: string;
  /** Whether a realm is ours: its credentials are consumed here. */
  readonly isOwnRealm: (realm: string) => boolean;
}

/** How many hops a request may still make that does not say. @spec GEN-03 @spec rfc3261#16.6 */
const defaultMaxForwards = 70;

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

/** The fields that go with the message, and the size of the whole request without the credentials that end here. @spec PF-23 */
function readFields(request: SipRequest, facts: MessageFacts): { kept: HeaderField[]; sizeBytes: number } {
  const kept: HeaderField[] = [];
  let sizeBytes =
    startLineAndBlankLine + request.method.length + request.requestUri.length + request.body.length;
  let hasVector = false;
  for (const [name, value] of request.headers.fields()) {
    const key = headerKeyOf(name);
    const role = headerRoleOf(key);
    if (role === "credentials" && facts.isOwnRealm(realmOf(value))) continue;
    sizeBytes += name.length + Buffer.byteLength(value) + colonSpaceAndLineEnd;
    if (!passes(role, facts) || (hasVector && key === vectorKey)) continue;
    hasVector ||= key === vectorKey;
    kept.push([name, value]);
  }
  if (!hasVector) kept.push(chargingVector(facts));
  return { kept, sizeBytes };
}

const vectorKey = "p-charging-vector";
/** `METHOD SP URI SP SIP/2.0 CRLF`, and the CRLF before the body. */
const startLineAndBlankLine = 13;
const colonSpaceAndLineEnd = 4;

function passes(role: HeaderRole | undefined, { isFromCore, sender }: MessageFacts): boolean {
  switch (role) {
    case "envelope":
      return false;
    case "asserted":
      return isFromCore;
    case "home":
      return isFromCore || sender.kind === "local";
    default:
      return true;
  }
}

function realmOf(credentials: string): string {
  return /\brealm\s*=\s*"([^"]*)"/i.exec(credentials)?.[1] ?? "";
}
