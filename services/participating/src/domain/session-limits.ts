import type { Conversation, Invitation, msrpRelay } from "@heliograph/contracts";
import { checkClient, type PagerLimits, type Refused } from "./pager-limits.js";
import type { SessionFacts } from "./session-facts.js";

/** What the operator lets through in sessions. */
export interface SessionLimits extends Pick<PagerLimits, "refusedClients"> {
  /** The message of large-message mode. */
  readonly maxLargeBytes: number;
  /** One message inside a session. */
  readonly maxSessionBytes: number;
  readonly maxFileBytes: number;
  /** `type/subtype`, `type/*` or `*`, in lower case; text is always allowed. */
  readonly contentTypes: readonly string[];
  /** Of one user at once. @spec PF-12 @spec R-participating-16 */
  readonly maxSessions: number;
}

/** What is wrong with an INVITE whoever sends it: client, announced size, and media that go past us by a wrong address. */
export function checkSessionLimits(
  invitation: Invitation,
  facts: SessionFacts,
  limits: SessionLimits & { readonly isAnchored: boolean },
): Refused | undefined {
  const client = checkClient(invitation, limits);
  if (client) return client;
  const max = largestOf(facts, limits);
  if (facts.announcedBytes !== undefined && facts.announcedBytes > max) {
    const because = `${facts.announcedBytes} bytes, the limit is ${max}`;
    return { kind: "refuse", name: "size-exceeded", details: { because } };
  }
  return facts.isAltered && !limits.isAnchored ? { kind: "refuse", name: "altered-offer" } : undefined;
}

/** What the relay enforces while the session lasts. @spec PF-14 @spec PF-23 @spec MS-17 */
export function mediaPolicyFor(
  facts: Pick<SessionFacts, "purpose" | "services">,
  limits: SessionLimits,
): msrpRelay.MediaPolicy {
  return { maxMessageBytes: largestOf(facts, limits), contentTypes: [...limits.contentTypes] };
}

/** What was not announced is held to the limit message by message. @spec PF-23 */
function largestOf(
  { purpose, services }: Pick<SessionFacts, "services"> & { readonly purpose: Conversation["purpose"] },
  { maxLargeBytes, maxSessionBytes, maxFileBytes }: SessionLimits,
): number {
  if (purpose !== "session") return maxLargeBytes;
  if (!services.includes("file-transfer")) return maxSessionBytes;
  return services.includes("session") ? Math.max(maxSessionBytes, maxFileBytes) : maxFileBytes;
}
