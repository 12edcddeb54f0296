import type { Bus, sipEdge } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Device } from "../domain/device.js";
import type { Events } from "../events.js";
import { type Content, reachDevice } from "./reach-device.js";
import { sendLeg } from "./send-leg.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  readonly events: Pick<Events, "simplified">;
  readonly deliveryBudgetMs: number;
}

/** One message for several devices. */
interface Delivery extends Content {
  readonly devices: readonly Device[];
}

/** The outcomes so far: that of the first device to answer 2xx, or those of all. */
export type Deliver = (delivery: Delivery) => Promise<readonly sipEdge.LegOutcome[]>;

/** The edge answers when the budget is over; this much later we no longer wait for the edge. */
const graceMs = 500;

/**
 * Sends a message to all devices at once. The first 2xx ends the wait while the others go on; all of it takes the
 * delivery budget at most.
 *
 * Goes on to `sip-edge/src/handlers/send-pager-message.ts`.
 *
 * @spec PF-13 @spec PF-40
 */
export function deliverToDevices({ bus, clock, events, deliveryBudgetMs }: Deps): Deliver {
  const reach = reachDevice({ send: sendLeg(bus), clock, events });
  return (delivery) =>
    new Promise((resolve) => {
      const deadlineMs = clock.monotonicMs() + deliveryBudgetMs;
      const outcomes: sipEdge.LegOutcome[] = [];
      let waiting = delivery.devices.length;
      if (waiting === 0) return resolve(outcomes);
      const end = (result: readonly sipEdge.LegOutcome[]) => {
        timer.cancel();
        resolve(result);
      };
      const timer = clock.after(deliveryBudgetMs + graceMs, () => {
        resolve([...outcomes, ...Array.from({ length: waiting }, () => ({ kind: "silent" as const }))]);
      });
      for (const device of delivery.devices) {
        void reach(device, delivery, deadlineMs).then((outcome) => {
          outcomes.push(outcome);
          waiting -= 1;
          if (isAccepted(outcome)) end([outcome]);
          else if (waiting === 0) end(outcomes);
        });
      }
    });
}

function isAccepted(outcome: sipEdge.LegOutcome): boolean {
  return outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
}
