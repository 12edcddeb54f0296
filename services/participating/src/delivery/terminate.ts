import type { PagerMessage, sipCore, sipEdge, Submission } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { preferredBindings } from "../domain/caller-preferences.js";
import { chooseAnswer } from "../domain/choose-answer.js";
import { decideDelivery, deferOrRefuse } from "../domain/decide-delivery.js";
import { toDevices } from "../domain/device.js";
import type { MessageFacts } from "../domain/message-facts.js";
import { simplerForms } from "../domain/simpler-forms.js";
import type { Events } from "../events.js";
import type { Reachability } from "../ports.js";
import type { Defer } from "./defer.js";
import type { Deliver } from "./deliver-to-devices.js";
import type { ForwardLeg } from "./forward.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly deliver: Deliver;
  readonly forwardLeg: ForwardLeg;
  readonly defer: Defer;
  readonly events: Pick<Events, "refused">;
  readonly deliveryBudgetMs: number;
}

/** A message at the half of its recipient, with what is known of both. */
interface Arriving {
  readonly message: PagerMessage;
  readonly facts: MessageFacts;
  readonly profile: sipCore.Profile;
  readonly reachability: Reachability;
}

/** The terminating half: to the devices, or to the deferred store, or back with a refusal. */
export type Terminate = (arriving: Arriving) => Promise<Submission>;

/** Does what `decideDelivery` says, and what `chooseAnswer` makes of the devices' answers. @spec PF-02 @spec PF-40 @spec PF-43 @spec DF-02 */
export function terminate({ deliver, forwardLeg, defer, events, deliveryBudgetMs }: Deps): Terminate {
  return async (arriving) => {
    const { message, facts, profile, reachability } = arriving;
    const decision = decideDelivery({ message, facts, profile, ...placesFor(message, reachability) });
    switch (decision.kind) {
      case "deliver":
        return conclude(arriving, await attempt(arriving, decision.to));
      case "defer":
        return defer(message, facts, decision.cause);
      case "refuse":
        return refuse(events, message, decision.name, decision.details);
      default:
        return unreachable(decision);
    }
  };

  /** By the route that a trusted core named, or to each device. */
  async function attempt(
    { message, facts }: Arriving,
    devices: ReturnType<typeof toDevices>,
  ): Promise<readonly sipEdge.LegOutcome[]> {
    if (message.route.length > 0) return [await forwardLeg(message, deliveryBudgetMs)];
    return deliver({ message, devices, simplerForms: () => simplerForms(message, facts) });
  }

  function conclude(
    { message, facts, profile }: Arriving,
    outcomes: readonly sipEdge.LegOutcome[],
  ): Promise<Submission> | Submission {
    const answer = chooseAnswer(outcomes);
    switch (answer.kind) {
      case "accepted":
        return { kind: "accepted", status: answer.status };
      case "refused":
        return refuse(events, message, answer.name, answer.details);
      case "unreachable": {
        const next = deferOrRefuse("unreachable", facts, profile);
        if (next.kind === "defer") return defer(message, facts, next.cause);
        return refuse(events, message, answer.isBusy ? "busy" : next.name, { because: answer.why });
      }
      default:
        return unreachable(answer);
    }
  }
}

/** A core that named a route knows where the user is: the route counts as one device. */
function placesFor(message: PagerMessage, { bindings, isQueued }: Reachability) {
  if (message.route.length === 0)
    return { devices: toDevices(preferredBindings(bindings, message)), isQueued };
  return { devices: [{ key: "route", flows: [bindingOf(message)] as const }], isQueued };
}

function bindingOf({ requestUri, route, callId, cseq, receivedAtMs }: PagerMessage) {
  const contact = requestUri;
  const expiresAtMs = receivedAtMs;
  return {
    kind: "core" as const,
    key: "route",
    contact,
    q: 1000,
    expiresAtMs,
    callId,
    cseq,
    path: route,
    params: [],
    node: "",
    registeredAtMs: receivedAtMs,
  };
}
