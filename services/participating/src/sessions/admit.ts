import type { Invitation } from "@heliograph/contracts";
import type { Refused } from "../domain/pager-limits.js";
import type { RateLimits } from "../ports.js";

interface Deps {
  readonly rateLimits: RateLimits;
  readonly sessionsPerWindow: number;
  readonly rateWindowMs: number;
}

/** Whether a user may begin a session now; undefined: yes. */
export type Admit = (invitation: Invitation) => Promise<Refused | undefined>;

/** @spec PF-33 */
export function admit({ rateLimits, sessionsPerWindow, rateWindowMs }: Deps): Admit {
  return async ({ sender }) => {
    if (sessionsPerWindow === 0) return undefined;
    const allowance = await rateLimits.take(`session ${sender.aor}`, sessionsPerWindow, rateWindowMs);
    if (allowance.kind === "allowed") return undefined;
    const retryAfterS = Math.max(1, Math.ceil(allowance.retryAfterMs / 1000));
    return { kind: "refuse", name: "rate-limited", details: { retryAfterS } };
  };
}
