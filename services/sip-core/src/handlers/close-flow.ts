import type { sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { InputOf } from "../contract-types.js";
import type { Events } from "../events.js";

interface Deps {
  readonly registrations: Pick<Registrations, "closeFlow">;
  readonly events: Pick<Events, "flowClosed">;
}

/** Forgets the bindings on a flow that is gone. Comes from the edge that had it. @spec GEN-30 @spec SC-15 */
export function closeFlow({ registrations, events }: Deps) {
  return async ({
    node,
    flowId,
    aors,
  }: InputOf<typeof sipCore.closeFlow>): Promise<Record<string, never>> => {
    const changed = await registrations.closeFlow(node, flowId, aors);
    events.flowClosed(changed.length);
    return {};
  };
}
