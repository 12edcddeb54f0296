import type { sipCore } from "@heliograph/contracts";
import { legReasons } from "../domain/leg-reasons.js";
import { devicesOfUser, hasLostRegistration } from "../domain/registered-device.js";
import type { Conversations, Registrations } from "../ports.js";
import type { EndConversation } from "../sessions/end-conversation.js";

interface Deps {
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly conversations: Pick<Conversations, "ofUser">;
  readonly endConversation: EndConversation;
}

/**
 * Registrations of a user were removed: the sessions of those devices end, with BYE to both sides; with the user, all of
 * the user's sessions. What nobody hears of is found when the registration would have run out.
 *
 * Comes from `sip-core`.
 *
 * @spec PF-11 @spec GEN-17 @spec R-participating-21
 */
export function hearRegistrationRemoved(deps: Deps): (fact: sipCore.RegistrationRemoved) => Promise<void> {
  const { registrations, conversations, endConversation } = deps;
  return async ({ aor, removed, isUserRemoved }) => {
    const [ofUser, { bindings }] = await Promise.all([
      conversations.ofUser(aor),
      registrations.reachabilityOf(aor),
    ]);
    const over = ofUser.filter(
      (conversation) =>
        isUserRemoved ||
        devicesOfUser(conversation, aor).some((device) => hasLostRegistration(device, removed, bindings)),
    );
    await Promise.all(
      over.map(({ id }) => endConversation(id, { reason: legReasons.gone, why: "unregistered" })),
    );
  };
}
