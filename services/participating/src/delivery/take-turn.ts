import type { PagerMessage, Submission } from "@heliograph/contracts";
import type { Events } from "../events.js";
import type { RateLimits } from "../ports.js";
import type { PendingLimits } from "./pending-limits.js";
import { refuse } from "./refuse.js";

interface Deps {
  readonly rateLimits: RateLimits;
  readonly pendingFrom: PendingLimits;
  readonly pendingTo: PendingLimits;
  readonly events: Pick<Events, "refused">;
  readonly ratePerWindow: number;
  readonly rateWindowMs: number;
}

/** Runs the work when it is the message's turn, or refuses it. */
type Start = (work: () => Promise<Submission>) => Promise<Submission>;

/** Asks whether the sender may send now. */
export type TakeTurn = (
  message: PagerMessage,
  options: { readonly isRateLimited: boolean },
) => Promise<Start>;

/** Rate and number under way, for each user. @spec PF-33 @spec PF-12 */
export function takeTurn({
  rateLimits,
  pendingFrom,
  pendingTo,
  events,
  ratePerWindow,
  rateWindowMs,
}: Deps): TakeTurn {
  return async (message, { isRateLimited }) => {
    const sender = message.sender.aor;
    if (isRateLimited && ratePerWindow > 0) {
      const allowance = await rateLimits.take(`pager ${sender}`, ratePerWindow, rateWindowMs);
      if (allowance.kind === "limited") {
        const retryAfterS = Math.max(1, Math.ceil(allowance.retryAfterMs / 1000));
        return () => Promise.resolve(refuse(events, message, "rate-limited", { retryAfterS }));
      }
    }
    return (work) => within(message, work);
  };

  async function within(message: PagerMessage, work: () => Promise<Submission>): Promise<Submission> {
    const { sender, recipient } = message;
    if (!pendingFrom.enter(sender.aor)) return refuse(events, message, "sender-pending");
    try {
      if (!pendingTo.enter(recipient)) return refuse(events, message, "recipient-pending");
      try {
        return await work();
      } finally {
        pendingTo.leave(recipient);
      }
    } finally {
      pendingFrom.leave(sender.aor);
    }
  }
}
