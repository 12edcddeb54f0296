import type { PagerMessage, participating } from "@heliograph/contracts";
import type { Inflater } from "@heliograph/im-bodies";
import { type Clock, unreachable } from "@heliograph/kernel";
import { preferredBindings } from "../domain/caller-preferences.js";
import { chooseAnswer } from "../domain/choose-answer.js";
import { decidePush } from "../domain/decide-push.js";
import { toDevices } from "../domain/device.js";
import { readFacts } from "../domain/message-facts.js";
import { refusals, type RefusalName } from "../domain/refusals.js";
import { simplerForms } from "../domain/simpler-forms.js";
import type { Deliver } from "../delivery/deliver-to-devices.js";
import type { OneAtATime } from "../delivery/one-at-a-time.js";
import type { Events } from "../events.js";
import type { Profiles, Registrations } from "../ports.js";

interface Deps {
  readonly inflater: Inflater;
  readonly profiles: Profiles;
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly deliver: Deliver;
  readonly oneAtATime: OneAtATime;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Pick<Events, "refused" | "accepted">;
}

type Pushed = participating.PushReply;

/**
 * Tries a stored message again, as policy stands now. One message at a time for each user; a 202 of the next hop is
 * taken for delivery (R-participating-10), and a device that is gone, or that takes no messages at all, for one that does
 * not answer (R-participating-11).
 *
 * Comes from `deferred-store`; goes on to `sip-edge/src/handlers/send-pager-message.ts`.
 *
 * @spec DF-34 @spec DF-35 @spec DF-46 @spec PF-55 @spec PF-56
 */
export function pushDeferredMessage(deps: Deps): (message: PagerMessage) => Promise<Pushed> {
  const { oneAtATime, profiles, registrations, clock, events } = deps;
  return (message) => oneAtATime.run(message.recipient, () => push(message));

  async function push(message: PagerMessage): Promise<Pushed> {
    const [sender, recipient, { bindings }] = await Promise.all([
      message.sender.kind === "local" ? profiles.of(message.sender.aor) : undefined,
      profiles.of(message.recipient),
      registrations.reachabilityOf(message.recipient),
    ]);
    const devices = toDevices(preferredBindings(bindings, message));
    const decision = decidePush({ message, sender, recipient, devices, nowMs: clock.nowMs() });
    switch (decision.kind) {
      case "refuse":
        return refused(message, decision.name);
      case "keep":
        return { kind: "unreachable", reason: decision.why };
      case "deliver":
        return attempt(message, devices);
      default:
        return unreachable(decision);
    }
  }

  async function attempt(message: PagerMessage, devices: ReturnType<typeof toDevices>): Promise<Pushed> {
    const facts = readFacts(message, deps.inflater);
    const forms = () => (facts.ok ? simplerForms(message, facts.value) : []);
    const answer = chooseAnswer(await deps.deliver({ message, devices, simplerForms: forms }));
    switch (answer.kind) {
      case "accepted":
        events.accepted("push", answer.status);
        return { kind: "delivered" };
      case "unreachable":
        return { kind: "unreachable", reason: answer.why };
      case "refused":
        if (answer.name === "device-gone") return { kind: "unreachable", reason: "the device is gone" };
        if (answer.name === "device-unable")
          return { kind: "unreachable", reason: answer.details.because ?? "no device takes messages" };
        return refused(message, answer.name, answer.details.because);
      default:
        return unreachable(answer);
    }
  }

  function refused(message: PagerMessage, name: RefusalName, because?: string): Pushed {
    events.refused(message.id, name);
    const { status, reason } = refusals[name];
    return { kind: "refused", status, reason: because === undefined ? reason : `${reason} (${because})` };
  }
}
