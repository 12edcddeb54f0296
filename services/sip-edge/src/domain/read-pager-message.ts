import type { HeaderField, PagerMessage, Sender } from "@heliograph/contracts";
import type { SipRequest } from "@heliograph/sip";
import { chargingVector } from "./charging-vector.js";
import { headerRoleOf } from "./header-roles.js";

/** What the edge has found out about a MESSAGE beside its text. */
export interface MessageFacts {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly requestUri: string;
  readonly recipient: string;
  readonly sender: Sender;
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

/** Reads a MESSAGE whose sender is established. @spec PF-15 @spec PF-54 @spec GEN-16 */
export function readPagerMessage(request: SipRequest, facts: MessageFacts): PagerMessage {
  const { headers: fields } = request;
  const contentType = fields.get("Content-Type");
  return {
    id: facts.id,
    requestUri: facts.requestUri,
    recipient: facts.recipient,
    sender: facts.sender,
    from: request.from.raw,
    to: request.to.raw,
    callId: request.callId,
    cseq: request.cseq.number,
    maxForwards: request.maxForwards ?? defaultMaxForwards,
    privacy: [...facts.privacy],
    ...(contentType === undefined ? {} : { contentType }),
    headers: endToEndFields(request, facts),
    body: request.body,
    receivedAtMs: facts.receivedAtMs,
    route: [...facts.route],
  };
}

function endToEndFields(request: SipRequest, facts: MessageFacts): HeaderField[] {
  const kept: HeaderField[] = [];
  let hasVector = false;
  for (const [name, value] of request.headers.fields()) {
    if (!passes(name, value, facts)) continue;
    if (name.toLowerCase() === "p-charging-vector") {
      if (hasVector) continue;
      hasVector = true;
    }
    kept.push([name, value]);
  }
  if (!hasVector) kept.push(chargingVector(facts));
  return kept;
}

function passes(name: string, value: string, { isFromCore, sender, isOwnRealm }: MessageFacts): boolean {
  switch (headerRoleOf(name)) {
    case "envelope":
      return false;
    case "asserted":
      return isFromCore;
    case "home":
      return isFromCore || sender.kind === "local";
    case "credentials":
      return !isOwnRealm(realmOf(value));
    default:
      return true;
  }
}

function realmOf(credentials: string): string {
  return /\brealm\s*=\s*"([^"]*)"/i.exec(credentials)?.[1] ?? "";
}
