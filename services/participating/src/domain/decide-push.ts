import type { PagerMessage } from "@heliograph/contracts";
import { refuseRecipient } from "./decide-delivery.js";
import type { Party } from "./decide-origination.js";
import type { Device } from "./device.js";
import { isExpired } from "./expiry.js";
import type { Refused } from "./pager-limits.js";

/** A stored message, and how things stand now. */
export interface Stored {
  readonly message: PagerMessage;
  /** Where the sender is a user of ours. */
  readonly sender: Party | undefined;
  readonly recipient: Party;
  readonly devices: readonly Device[];
  readonly nowMs: number;
}

/** What becomes of a stored message now. */
export type PushDecision =
  | { readonly kind: "deliver" }
  | { readonly kind: "keep"; readonly why: string }
  | Refused;

/** Looks again at everything that may have changed since the message was stored. @spec DF-35 @spec PF-55 */
export function decidePush({ message, sender, recipient, devices, nowMs }: Stored): PushDecision {
  if (recipient.kind !== "subscriber") return { kind: "refuse", name: "unknown-user" };
  const { profile } = recipient;
  const refused = refuseRecipient(message, profile);
  if (refused) return refused;
  if (sender?.kind === "subscriber" && sender.profile.isBarred)
    return { kind: "refuse", name: "sender-barred" };
  if (isExpired(message, nowMs)) return { kind: "refuse", name: "expired" };
  if (profile.whenOnline === "store") return { kind: "keep", why: "the user wants messages kept" };
  return devices.length === 0 ? { kind: "keep", why: "no device is registered" } : { kind: "deliver" };
}
