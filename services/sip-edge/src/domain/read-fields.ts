import type { HeaderField, Sender } from "@heliograph/contracts";
import { headerKeyOf, longNameOf, type SipRequest } from "@heliograph/sip";
import { chargingVector } from "./charging-vector.js";
import { headerRoleOf, type HeaderRole } from "./header-roles.js";

/** What decides which fields of a request go on. */
export interface FieldFacts {
  /** Names the request in the world. */
  readonly id: string;
  readonly sender: Sender;
  /** Whether the previous hop is inside the trust domain. */
  readonly isFromCore: boolean;
  /** Our name in a charging vector. */
  readonly host: string;
  /** The sender's domain. */
  readonly network: string;
  /** Whether a realm is ours: its credentials are consumed here. */
  readonly isOwnRealm: (realm: string) => boolean;
}

const everything = (): boolean => true;

/**
 * The fields that go with a request, of those whose key `isWanted`, and the size of the whole request without the
 * credentials that end here. Names are in their long form, for whoever looks for one.
 *
 * @spec rfc3261#7.3.3 @spec PF-15 @spec PF-23 @spec GEN-16
 */
export function readFields(
  request: SipRequest,
  facts: FieldFacts,
  isWanted: (key: string) => boolean = everything,
): { readonly kept: HeaderField[]; readonly sizeBytes: number } {
  const kept: HeaderField[] = [];
  let sizeBytes =
    startLineAndBlankLine + request.method.length + request.requestUri.length + request.body.length;
  let hasVector = false;
  for (const [name, value] of request.headers.fields()) {
    const key = headerKeyOf(name);
    const role = headerRoleOf(key);
    if (role === "credentials" && facts.isOwnRealm(realmOf(value))) continue;
    sizeBytes += name.length + Buffer.byteLength(value) + colonSpaceAndLineEnd;
    if (!passes(role, facts) || !isWanted(key) || (hasVector && key === vectorKey)) continue;
    hasVector ||= key === vectorKey;
    kept.push([longNameOf(name), value]);
  }
  if (!hasVector) kept.push(chargingVector(facts));
  return { kept, sizeBytes };
}

const vectorKey = "p-charging-vector";
/** `METHOD SP URI SP SIP/2.0 CRLF`, and the CRLF before the body. */
const startLineAndBlankLine = 13;
const colonSpaceAndLineEnd = 4;

function passes(role: HeaderRole | undefined, { isFromCore, sender }: FieldFacts): boolean {
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
