import type { Binding, PagerMessage, sipEdge } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { isFlowDead } from "../domain/choose-answer.js";
import type { Device } from "../domain/device.js";
import type { Events } from "../events.js";
import type { SendLeg } from "./send-leg.js";

interface Deps {
  readonly send: SendLeg;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly events: Pick<Events, "simplified">;
}

/** What a device is to get. `simplerForms` is asked only when it answers 415. */
export interface Content {
  readonly message: PagerMessage;
  readonly simplerForms: () => readonly PagerMessage[];
}

/** One device, by the monotonic time at which its answer comes too late. Never rejects. */
type ReachDevice = (device: Device, content: Content, deadlineMs: number) => Promise<sipEdge.LegOutcome>;

/**
 * Takes the flows of a device in turn: a dead one costs its share of the time that is left, any other final answer
 * settles the device.
 *
 * @spec GEN-30 @spec rfc5626#7
 */
export function reachDevice({ send, clock, events }: Deps): ReachDevice {
  return async ({ flows }, content, deadlineMs) => {
    let outcome: sipEdge.LegOutcome = { kind: "silent" };
    for (const [index, flow] of flows.entries()) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return outcome;
      outcome = await send(flow, content.message, Math.ceil(leftMs / (flows.length - index)));
      if (isUnsupported(outcome)) return simplify(flow, content, outcome, deadlineMs);
      if (!isFlowDead(outcome)) return outcome;
    }
    return outcome;
  };

  /** The device does not take this form: the next simpler one, as a request of its own. @spec PF-46 */
  async function simplify(
    flow: Binding,
    { simplerForms }: Content,
    refusal: sipEdge.LegOutcome,
    deadlineMs: number,
  ): Promise<sipEdge.LegOutcome> {
    let outcome = refusal;
    for (const [index, form] of simplerForms().entries()) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return outcome;
      events.simplified(form.id);
      outcome = await send(flow, { ...form, cseq: form.cseq + 1 + index }, Math.ceil(leftMs));
      if (!isUnsupported(outcome)) return outcome;
    }
    return outcome;
  }
}

function isUnsupported(outcome: sipEdge.LegOutcome): boolean {
  return outcome.kind === "answered" && outcome.status === 415;
}
