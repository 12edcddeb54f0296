import type { PagerMessage, Submission } from "@heliograph/contracts";
import { type Events, report, type UseCase } from "../events.js";
import { refuse } from "./refuse.js";

/** What is broken becomes an answer here and nowhere else: a 500 with Retry-After, never a false 2xx. @spec GEN-14 */
export function neverThrowing(
  events: Events,
  useCase: UseCase,
  handle: (message: PagerMessage) => Promise<Submission>,
): (message: PagerMessage) => Promise<Submission> {
  return async (message) => {
    try {
      return report(events, useCase, await handle(message));
    } catch (cause) {
      events.broken(`${useCase} failed`, cause);
      return refuse(events, message, "broken");
    }
  };
}
