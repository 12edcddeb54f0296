import { sipCore } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { Flow } from "@heliograph/sip";
import type { FlowUsers } from "../domain/flow-users.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly flowUsers: FlowUsers;
  readonly events: Events;
  readonly clock: Pick<Clock, "after">;
  readonly node: string;
}

/** The registrar is told again after so long each, while it cannot be asked; after that bindings just expire. */
const retriesMs = [1_000, 5_000, 30_000];

/**
 * A flow closed: whoever registered over it vouches for nothing any more, and its bindings are gone.
 *
 * Goes on to `sip-core/src/handlers/close-flow.ts`.
 *
 * @spec GEN-30 @spec SC-15
 */
export function forgetFlow({ bus, flowUsers, events, clock, node }: Deps) {
  return (flow: Flow): void => {
    const aors = [...flowUsers.close(flow.id)];
    if (aors.length === 0) return;
    events.flowClosed();
    tell({ node, flowId: flow.id, aors }, retriesMs);
  };

  function tell(
    closed: { node: string; flowId: string; aors: string[] },
    [waitMs, ...more]: readonly number[],
  ): void {
    bus.request(sipCore.closeFlow, {}, closed).catch((cause: unknown) => {
      events.failed("telling the registrar that a flow closed", cause);
      if (waitMs !== undefined) clock.after(waitMs, () => tell(closed, more));
    });
  }
}
