import type { Conversation } from "@heliograph/contracts";
import { legReasons } from "../domain/leg-reasons.js";
import { devicesDue, hasLostRegistration, renewedDevice } from "../domain/registered-device.js";
import type { Conversations, Registrations } from "../ports.js";
import type { EndConversation } from "./end-conversation.js";

interface Deps {
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly conversations: Pick<Conversations, "change">;
  readonly endConversation: EndConversation;
  readonly conversationTtlMs: number;
}

/** Looks at the registrations of a conversation whose time has run out. */
export type CheckRegistrations = (conversation: Conversation, nowMs: number) => Promise<void>;

/**
 * A device whose registration ran out is gone, and its sessions end; where it was refreshed, the conversation is told until
 * when, so that nobody looks before.
 *
 * @spec PF-11 @spec R-participating-21
 */
export function checkRegistrations(deps: Deps): CheckRegistrations {
  const { registrations, conversations, endConversation } = deps;
  return async (conversation, nowMs) => {
    const due = devicesDue(conversation, nowMs);
    if (due.length === 0) return;
    const { id } = conversation;
    const renewed = new Map<string, number>();
    for (const device of due) {
      const { bindings } = await registrations.reachabilityOf(device.aor);
      if (hasLostRegistration(device, "expired", bindings))
        return endConversation(id, { reason: legReasons.gone, why: "unregistered" });
      renewed.set(device.aor, renewedDevice(device, bindings).expiresAtMs);
    }
    await conversations.change(id, deps.conversationTtlMs, (current) => untilThen(current, renewed));
  };
}

function untilThen(conversation: Conversation, ends: ReadonlyMap<string, number>): Conversation {
  const { caller, callee } = conversation.devices ?? {};
  const until = (device: NonNullable<typeof caller>) => ({
    ...device,
    expiresAtMs: Math.max(device.expiresAtMs, ends.get(device.aor) ?? 0),
  });
  return {
    ...conversation,
    devices: { ...(caller && { caller: until(caller) }), ...(callee && { callee: until(callee) }) },
  };
}
