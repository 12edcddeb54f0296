import { participating } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly clock: Pick<Clock, "after">;
  readonly events: Events;
}

/** A leg that is over. */
interface Left {
  readonly conversation: string;
  readonly leg: string;
  readonly reason: string | undefined;
}

/** Tells it, now and again while that fails. Never throws. */
export type LeaveSession = (left: Left) => void;

/** Told again after so long each. After that, whoever owns the conversation finds out by asking for its legs. */
const retriesMs = [1_000, 3_000, 9_000];

/** Tells `participating/src/handlers/leave-session.ts` that a leg is over, so that the other one ends too. @spec PF-11 @spec GEN-17 */
export function leaveSession({ bus, clock, events }: Deps): LeaveSession {
  return (left) => tell(left, retriesMs);

  function tell({ conversation, leg, reason }: Left, [waitMs, ...more]: readonly number[]): void {
    const input = { conversation, leg, ...(reason !== undefined && { reason }) };
    bus.request(participating.leaveSession, {}, input).catch((cause: unknown) => {
      events.brokeOff("telling that a leg is over", cause);
      if (waitMs !== undefined) clock.after(waitMs, () => tell({ conversation, leg, reason }, more));
    });
  }
}
