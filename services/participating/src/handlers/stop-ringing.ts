import type { RingingLegs } from "../sessions/ringing-legs.js";

interface Deps {
  readonly ringing: Pick<RingingLegs, "cancel">;
}

interface Stop {
  readonly leg: string;
  readonly reason?: string | undefined;
}

/**
 * The conversation is over before a device has answered: those that ring hear CANCEL.
 *
 * Comes from whichever process of `participating` has ended the conversation; goes on to `sip-edge/src/handlers/cancel-leg.ts`.
 *
 * @spec PF-07 @spec GEN-40
 */
export function stopRinging({ ringing }: Deps): (stop: Stop) => Promise<object> {
  return async ({ leg, reason }) => {
    ringing.cancel(leg, reason);
    return {};
  };
}
