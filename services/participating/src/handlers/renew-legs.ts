import { type Bus, BusError, type BusFailure, sipEdge } from "@heliograph/contracts";
import { judgeSilence } from "../domain/judge-silence.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { Events } from "../events.js";
import type { Call } from "../sessions/open-calls.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  /** Everything that this process rings for. */
  readonly openCalls: () => readonly Call[];
  readonly events: Pick<Events, "broken">;
}

const atOnce = 500;

/**
 * Tells the edges which legs without a final answer this process still works on, for they give up the others. Where the
 * leg of a caller is not there any more, or its node is gone, nobody waits for the devices: they hear CANCEL.
 *
 * Goes on to `sip-edge/src/handlers/renew-legs.ts`.
 *
 * @spec GEN-14 @spec GEN-40 @spec PF-06
 */
export function renewLegs({ bus, openCalls, events }: Deps): () => Promise<void> {
  /** How the last questions to a node failed, where it has not answered since. */
  let failures = new Map<string, readonly BusFailure[]>();
  return async () => {
    const calls = openCalls();
    const legsOfNode = new Map<string, string[]>();
    for (const call of calls) {
      for (const [leg, node] of call.openLegs) legsOfNode.set(node, [...(legsOfNode.get(node) ?? []), leg]);
    }
    const lost = new Set<string>();
    const before = failures;
    failures = new Map();
    await Promise.all([...legsOfNode].map(([node, legs]) => renew(node, legs, { lost, before })));
    for (const call of calls) {
      if (call.caller && lost.has(call.caller.leg.leg)) call.cancel(legReasons.unavailable);
    }
  };

  async function renew(
    node: string,
    legs: readonly string[],
    { lost, before }: { readonly lost: Set<string>; readonly before: typeof failures },
  ): Promise<void> {
    try {
      for (let at = 0; at < legs.length; at += atOnce) {
        const { missing } = await bus.request(
          sipEdge.renewLegs,
          { node },
          { legs: legs.slice(at, at + atOnce) },
        );
        for (const leg of missing) lost.add(leg);
      }
    } catch (error) {
      const failure = error instanceof BusError ? error.failure : "malformed";
      if (failure !== "no-responder") events.broken("an edge was not told which legs are open", error);
      const failed = [...(before.get(node) ?? []), failure];
      failures.set(node, failed);
      if (judgeSilence(failed) === "gone") for (const leg of legs) lost.add(leg);
    }
  }
}
