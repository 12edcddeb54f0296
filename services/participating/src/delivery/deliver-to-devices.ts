import { type Binding, BusError, type Bus, type PagerMessage, sipEdge } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { isFlowDead } from "../domain/choose-answer.js";
import type { Device } from "../domain/device.js";
import { toRoute } from "../domain/core-route.js";
import type { Events } from "../events.js";

type LegOutcome = sipEdge.LegOutcome;

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  readonly events: Pick<Events, "simplified">;
  readonly deliveryBudgetMs: number;
}

/** One message for several devices. `simplerForms` is asked only when a device answers 415. */
export interface Delivery {
  readonly message: PagerMessage;
  readonly devices: readonly Device[];
  readonly simplerForms: () => readonly PagerMessage[];
}

/** The outcomes so far: that of the first device to answer 2xx, or those of all. */
export type Deliver = (delivery: Delivery) => Promise<readonly LegOutcome[]>;

/** The edge answers when the budget is over; this much later we no longer wait for the edge. */
const graceMs = 500;

/**
 * Sends a message to all devices at once, over the flows of each in turn. The first 2xx ends the wait while the
 * others go on; all of it takes the delivery budget at most.
 *
 * Goes on to `sip-edge/src/handlers/send-pager-message.ts`.
 *
 * @spec PF-13 @spec PF-40 @spec GEN-30
 */
export function deliverToDevices({ bus, clock, events, deliveryBudgetMs }: Deps): Deliver {
  return ({ message, devices, simplerForms }) =>
    new Promise((resolve) => {
      const deadlineMs = clock.monotonicMs() + deliveryBudgetMs;
      const outcomes: LegOutcome[] = [];
      let waiting = devices.length;
      const end = (result: readonly LegOutcome[]) => {
        timer.cancel();
        resolve(result);
      };
      const timer = clock.after(deliveryBudgetMs + graceMs, () => {
        resolve([...outcomes, ...Array.from({ length: waiting }, () => silent)]);
      });
      if (waiting === 0) return end([]);
      for (const device of devices) {
        void reach(device, message, simplerForms, deadlineMs).then((outcome) => {
          outcomes.push(outcome);
          waiting -= 1;
          if (isAccepted(outcome)) end([outcome]);
          else if (waiting === 0) end(outcomes);
        });
      }
    });

  /** Never rejects: what fails is an outcome. */
  async function reach(
    { flows }: Device,
    message: PagerMessage,
    simplerForms: () => readonly PagerMessage[],
    deadlineMs: number,
  ): Promise<LegOutcome> {
    let outcome: LegOutcome = silent;
    for (const [index, flow] of flows.entries()) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return outcome;
      outcome = await send(flow, message, Math.ceil(leftMs / (flows.length - index)));
      if (isUnsupported(outcome)) return simplify(flow, simplerForms(), outcome, deadlineMs);
      if (!isFlowDead(outcome)) return outcome;
    }
    return outcome;
  }

  /** @spec PF-46 */
  async function simplify(
    flow: Binding,
    forms: readonly PagerMessage[],
    refusal: LegOutcome,
    deadlineMs: number,
  ): Promise<LegOutcome> {
    let outcome = refusal;
    for (const [index, form] of forms.entries()) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return outcome;
      events.simplified(form.id);
      outcome = await send(flow, { ...form, cseq: form.cseq + 1 + index }, leftMs);
      if (!isUnsupported(outcome)) return outcome;
    }
    return outcome;
  }

  async function send(flow: Binding, message: PagerMessage, timeoutMs: number): Promise<LegOutcome> {
    const isCore = flow.kind === "core";
    try {
      return await bus.request(
        sipEdge.sendPagerMessage,
        { node: flow.node },
        {
          message,
          requestUri: isCore ? message.requestUri : flow.contact,
          route: isCore ? toRoute(flow) : flow.path,
          ...(flow.flowId !== undefined && !isCore && { flowId: flow.flowId }),
          trusted: isCore,
          timeoutMs,
        },
      );
    } catch (error) {
      if (error instanceof BusError) return { kind: "unreachable", reason: `edge node: ${error.failure}` };
      throw error;
    }
  }
}

const silent: LegOutcome = { kind: "silent" };

function isAccepted(outcome: LegOutcome): boolean {
  return outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
}

function isUnsupported(outcome: LegOutcome): boolean {
  return outcome.kind === "answered" && outcome.status === 415;
}
