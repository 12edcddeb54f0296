import { BusError, type Bus, type PagerMessage, sipEdge, type Submission } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { chooseAnswer } from "../domain/choose-answer.js";
import type { Events } from "../events.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly events: Pick<Events, "refused">;
  readonly forwardTimeoutMs: number;
}

/** Sends a message along a leg that another network, or a trusted core, answers for. */
export type Forward = (message: PagerMessage) => Promise<Submission>;

/** What the next network answered, with nothing made of it yet. */
export type ForwardLeg = (message: PagerMessage, timeoutMs: number) => Promise<sipEdge.LegOutcome>;

/** One leg beyond this deployment: along the route that the core named, or to where the request URI leads. @spec SC-08 */
export function forwardLeg({ bus }: Pick<Deps, "bus">): ForwardLeg {
  return async (message, timeoutMs) => {
    const { requestUri, route } = message;
    try {
      return await bus.request(
        sipEdge.forwardPagerMessage,
        {},
        {
          message,
          requestUri,
          route,
          trusted: route.length > 0,
          timeoutMs,
        },
      );
    } catch (error) {
      if (error instanceof BusError) return { kind: "unreachable", reason: `edge: ${error.failure}` };
      throw error;
    }
  };
}

/**
 * Passes the answer of the next network on: 200 and 202 as they are, failures by the table of PF-43. We keep nothing
 * for users of others: their own network does (DF-01).
 *
 * @spec PF-05 @spec PF-40 @spec PF-43
 */
export function forward({ bus, events, forwardTimeoutMs }: Deps): Forward {
  const send = forwardLeg({ bus });
  return async (message) => {
    const answer = chooseAnswer([await send(message, forwardTimeoutMs)]);
    switch (answer.kind) {
      case "accepted":
        return { kind: "accepted", status: answer.status };
      case "unreachable":
        return refuse(events, message, answer.isBusy ? "busy" : "network-silent", { because: answer.why });
      case "refused":
        return refuse(events, message, answer.name, answer.details);
      default:
        return unreachable(answer);
    }
  };
}
