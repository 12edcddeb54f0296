import type { Invitation } from "@heliograph/contracts";
import type { Party } from "./decide-origination.js";
import type { PushDecision } from "./decide-push.js";
import { refuseCallee } from "./decide-session-termination.js";

/** A stored message that is to be pushed in a session, and how things stand now. */
export interface StoredLarge {
  readonly invitation: Pick<Invitation, "privacy" | "from">;
  /** Where the sender is a user of ours. */
  readonly sender: Party | undefined;
  readonly recipient: Party;
  /** Whether any device takes large messages. */
  readonly canRing: boolean;
}

/** Looks again at everything that may have changed since the message was stored. @spec DF-35 @spec PF-42 */
export function decideLargePush({ invitation, sender, recipient, canRing }: StoredLarge): PushDecision {
  if (recipient.kind !== "subscriber") return { kind: "refuse", name: "unknown-user" };
  const { profile } = recipient;
  const refused = refuseCallee({ invitation, facts: { services: ["large-message"] }, profile });
  if (refused) return refused;
  if (sender?.kind === "subscriber" && sender.profile.isBarred)
    return { kind: "refuse", name: "sender-barred" };
  if (profile.whenOnline === "store") return { kind: "keep", why: "the user wants messages kept" };
  return canRing ? { kind: "deliver" } : { kind: "keep", why: "no device takes large messages" };
}
