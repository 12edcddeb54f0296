import type { PagerMessage, sipCore, sipEdge, Submission } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { bindingsOfInstance } from "../domain/addressed-user.js";
import { preferredBindings } from "../domain/caller-preferences.js";
import { chooseAnswer } from "../domain/choose-answer.js";
import { type DeliveryDecision, decideDelivery, deferOrRefuse } from "../domain/decide-delivery.js";
import { toDevices } from "../domain/device.js";
import type { MessageFacts } from "../domain/message-facts.js";
import type { PagerLimits } from "../domain/pager-limits.js";
import { simplerForms } from "../domain/simpler-forms.js";
import type { Events } from "../events.js";
import type { Reachability } from "../ports.js";
import type { Defer } from "./defer.js";
import type { Deliver } from "./deliver-to-devices.js";
import type { ForwardLeg } from "./forward.js";
import type { LineUp } from "./line-up.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly deliver: Deliver;
  readonly forwardLeg: ForwardLeg;
  readonly defer: Defer;
  readonly lineUp: LineUp;
  readonly events: Pick<Events, "refused">;
  readonly deliveryBudgetMs: number;
  readonly limits: Pick<PagerLimits, "maxUdpBytes">;
}

/** A message at the half of its recipient, with what is known of both. */
interface Arriving {
  readonly message: PagerMessage;
  readonly facts: MessageFacts;
  readonly profile: sipCore.Profile;
  /** Of the recipient's devices this one alone is meant; undefined: all are. @spec SC-14 */
  readonly instance: string | undefined;
  readonly reachability: Reachability;
}

/** The terminating half: to the devices, or to the deferred store, or back with a refusal. */
export type Terminate = (arriving: Arriving) => Promise<Submission>;

/** Does what `decideDelivery` says, and what `chooseAnswer` makes of the devices' answers. @spec PF-02 @spec PF-40 @spec PF-43 @spec DF-02 */
export function terminate(deps: Deps): Terminate {
  const { deliver, forwardLeg, defer, lineUp, events, deliveryBudgetMs } = deps;
  const decide = (arriving: Arriving) => decisionOn(arriving, deps.limits.maxUdpBytes);
  return async (arriving) => {
    const decision = decide(arriving);
    return comesAfterOthers(arriving, decision) ? lineUpFor(arriving) : perform(arriving, decision);
  };

  function comesAfterOthers({ message, facts }: Arriving, decision: DeliveryDecision): boolean {
    if (decision.kind === "defer") return decision.cause === "queue-order";
    return (
      decision.kind === "deliver" && facts.content !== "composing" && lineUp.isForming(message.recipient)
    );
  }

  /** Older messages are on their way to this user: after them, or behind them in the store. @spec DF-40 */
  async function lineUpFor(arriving: Arriving): Promise<Submission> {
    const reachability = await lineUp.join(arriving.message.recipient);
    const now = { ...arriving, reachability: reachability ?? { ...arriving.reachability, isQueued: true } };
    return perform(now, decide(now));
  }

  async function perform(arriving: Arriving, decision: DeliveryDecision): Promise<Submission> {
    const { message, facts } = arriving;
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
  }

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

function decisionOn(
  { message, facts, profile, instance, reachability }: Arriving,
  maxUdpBytes: number,
): DeliveryDecision {
  const places = placesFor(message, instance, reachability);
  return decideDelivery({ message, facts, profile, maxUdpBytes, ...places });
}

/** A core that named a route knows where the user is: the route counts as one device. */
function placesFor(
  message: PagerMessage,
  instance: string | undefined,
  { bindings, isQueued }: Reachability,
) {
  if (message.route.length === 0) {
    const meant = bindingsOfInstance(bindings, instance);
    return { devices: toDevices(preferredBindings(meant, message)), isQueued };
  }
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
