import type { PagerMessage, sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { MessageFacts } from "./message-facts.js";
import { checkLimits, type PagerLimits, type Refused } from "./pager-limits.js";

type Profile = sipCore.Profile;

/** Who an address is to us. */
export type Party = Subscriber | { readonly kind: "unknown-user" } | { readonly kind: "foreign-domain" };

/** A user whom we serve; `instance`: the address names this device of the user, and no other. @spec SC-14 */
export interface Subscriber {
  readonly kind: "subscriber";
  readonly profile: Profile;
  readonly instance?: string | undefined;
}

/** Everything that the originating half looks at. */
export interface Origination {
  readonly message: PagerMessage;
  readonly facts: MessageFacts;
  readonly sender: Party;
  readonly recipient: Party;
  readonly limits: PagerLimits;
}

/** What the originating half does with a message. */
export type OriginationDecision =
  /** The recipient is ours, too: straight to the terminating half. */
  | { readonly kind: "terminate"; readonly recipient: Subscriber }
  /** Towards another network, or back along the way that a trusted core named. */
  | { readonly kind: "forward" }
  | Refused;

/** The originating participating function, for one message. @spec PF-05 @spec PF-20 @spec PF-21 @spec PF-24 */
export function decideOrigination({
  message,
  facts,
  sender,
  recipient,
  limits,
}: Origination): OriginationDecision {
  const refused = refuseSender(sender) ?? checkLimits(message, facts, limits);
  if (refused) return refused;
  if (message.route.length > 0) return { kind: "forward" };
  switch (recipient.kind) {
    case "subscriber":
      return { kind: "terminate", recipient };
    case "unknown-user":
      return { kind: "refuse", name: "unknown-user" };
    case "foreign-domain":
      return { kind: "forward" };
    default:
      return unreachable(recipient);
  }
}

/** Why this sender may not send, if so. @spec PF-20 @spec PF-21 @spec PF-24 */
function refuseSender(sender: Party): Refused | undefined {
  if (sender.kind !== "subscriber") return { kind: "refuse", name: "sender-not-provisioned" };
  const { isBarred, services, disabled } = sender.profile;
  if (isBarred) return { kind: "refuse", name: "sender-barred" };
  if (!services.includes("pager")) return { kind: "refuse", name: "sender-not-provisioned" };
  return disabled.includes("pager") ? { kind: "refuse", name: "sender-function-off" } : undefined;
}
