import type { PagerMessage, sipCore } from "@heliograph/contracts";
import { isAnonymous } from "./anonymity.js";
import { featuresOf } from "./caller-preferences.js";
import type { Device } from "./device.js";
import type { MessageFacts } from "./message-facts.js";
import type { Refused } from "./pager-limits.js";
import { transportOfBinding } from "./session-devices.js";
import { largeMessageTag } from "./session-facts.js";

type Profile = sipCore.Profile;

/** Why a message waits. */
export type DeferralCause =
  | "offline"
  | "unreachable"
  | "preference"
  | "queue-order"
  | "too-large-for-transport";

/** Everything that the terminating half looks at. */
export interface Arrival {
  readonly message: PagerMessage;
  readonly facts: Pick<MessageFacts, "content">;
  readonly profile: Profile;
  /** Where the message can go now, by what the sender and the devices say of themselves. */
  readonly devices: readonly Device[];
  /** Earlier messages for this user still wait. */
  readonly isQueued: boolean;
  /** What fits into a request over UDP. */
  readonly maxUdpBytes: number;
}

/** What the terminating half does with a message. */
export type DeliveryDecision =
  | { readonly kind: "deliver"; readonly to: readonly Device[] }
  | { readonly kind: "defer"; readonly cause: DeferralCause }
  | Refused;

/**
 * The terminating participating function, for one message: policy, then registration, then the user's settings.
 *
 * @spec PF-20 @spec PF-25 @spec PF-41 @spec DF-02 @spec DF-10 @spec DF-40
 */
export function decideDelivery(arrival: Arrival): DeliveryDecision {
  const { message, facts, profile, devices, isQueued } = arrival;
  const refused = refuseRecipient(message, profile);
  if (refused) return refused;
  if (devices.length === 0) return deferOrRefuse("offline", facts, profile);
  if (facts.content === "composing") return { kind: "deliver", to: devices };
  if (profile.whenOnline === "store") return deferOrRefuse("preference", facts, profile);
  if (isQueued) return deferOrRefuse("queue-order", facts, profile);
  if (isForSession(arrival)) return deferOrRefuse("too-large-for-transport", facts, profile);
  return { kind: "deliver", to: devices };
}

/** No device can have it as one request, and one can have it in a session: the store gives it there. @spec DF-46 @spec rfc3428#8 */
function isForSession({ message, devices, maxUdpBytes }: Arrival): boolean {
  const sizeBytes = message.sizeBytes ?? message.body.length;
  if (sizeBytes <= maxUdpBytes) return false;
  const isOverUdp = ({ flows: [flow] }: Device) =>
    flow.kind === "device" && transportOfBinding(flow) === "udp";
  const takesLarge = ({ flows: [flow] }: Device) => featuresOf(flow).has(largeMessageTag);
  return devices.every(isOverUdp) && devices.some(takesLarge);
}

/** Why this recipient does not get this message, now or later. @spec PF-20 @spec PF-21 @spec PF-24 @spec PF-25 @spec DF-35 */
export function refuseRecipient(message: PagerMessage, profile: Profile): Refused | undefined {
  if (profile.isBarred) return { kind: "refuse", name: "recipient-barred" };
  if (!profile.services.includes("pager")) return { kind: "refuse", name: "recipient-not-provisioned" };
  if (profile.disabled.includes("pager")) return { kind: "refuse", name: "recipient-function-off" };
  if (!profile.allowsAnonymous && isAnonymous(message))
    return { kind: "refuse", name: "anonymity-not-allowed" };
  return undefined;
}

/** A message that cannot be delivered now waits, unless nobody wants it to. @spec DF-02 @spec DF-10 @spec DF-12 @spec R-participating-4 */
export function deferOrRefuse(
  cause: DeferralCause,
  { content }: Pick<MessageFacts, "content">,
  { whenOffline }: Pick<Profile, "whenOffline">,
): Extract<DeliveryDecision, { kind: "defer" | "refuse" }> {
  if (content === "composing") return { kind: "refuse", name: "composing-not-stored" };
  const isForLater = cause === "offline" || cause === "unreachable";
  const isWanted = whenOffline === "defer" || !isForLater;
  return isWanted ? { kind: "defer", cause } : { kind: "refuse", name: "offline-storage-off" };
}
