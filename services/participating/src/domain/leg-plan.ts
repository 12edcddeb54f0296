import type { Binding, Invitation, msrpRelay, RegisteredDevice } from "@heliograph/contracts";
import { toRoute } from "./core-route.js";
import type { Device } from "./device.js";
import { deviceOf } from "./registered-device.js";
import { inOrderOfPreference, reachOfDevice, sessionDevices } from "./session-devices.js";
import type { SessionFacts } from "./session-facts.js";

/** One INVITE to one place: the edge node that reaches it, and how the other end will reach the relay. */
export interface LegPlan {
  readonly node: string;
  readonly requestUri: string;
  readonly route: readonly string[];
  readonly flowId?: string;
  /** Whether the next hop is inside the trust domain. @spec GEN-06 */
  readonly trusted: boolean;
  readonly towards: "device" | "outside";
  readonly reach: msrpRelay.Reach;
  /** The device's registration, where it is our registrar's. @spec PF-11 */
  readonly device?: RegisteredDevice;
}

type Facts = Pick<SessionFacts, "isSecure">;

/** The ways to everything that may ring for a user, by preference. @spec PF-06 */
export function plansForUser(
  bindings: readonly Binding[],
  invitation: Invitation,
  facts: SessionFacts,
): readonly (readonly (readonly LegPlan[])[])[] {
  return inOrderOfPreference(sessionDevices(bindings, invitation, facts.purpose)).map((group) =>
    group.map((device) => plansForDevice(device, invitation, facts)),
  );
}

/** The ways to a device: at its contact, or through the core that registered it under the address of record. @spec GEN-06 @spec GEN-25 @spec GEN-30 */
function plansForDevice({ flows }: Device, invitation: Invitation, facts: Facts): readonly LegPlan[] {
  return flows.map((flow) =>
    flow.kind === "core" ? planForCore(flow, invitation, facts) : planFor(flow, invitation),
  );
}

/** Beyond this deployment, by the node that the caller came to: along the route that a core named, or to another network. @spec SC-08 @spec PF-04 */
export function planForOutside({ requestUri, route, caller: { node } }: Invitation, facts: Facts): LegPlan {
  return {
    node,
    requestUri,
    route,
    trusted: route.length > 0,
    towards: "outside",
    reach: reachOutside(facts),
  };
}

function planFor(flow: Binding, { requestUri, recipient }: Invitation): LegPlan {
  const device = deviceOf(recipient, flow);
  const { node, contact, path: route, flowId } = flow;
  return {
    node,
    requestUri: contact,
    route,
    ...(flowId !== undefined && { flowId }),
    trusted: false,
    towards: "device",
    reach: reachOfDevice(flow, /^sips:/i.test(requestUri)),
    ...(device && { device }),
  };
}

function planForCore(flow: Binding, { requestUri }: Invitation, facts: Facts): LegPlan {
  return {
    node: flow.node,
    requestUri,
    route: toRoute(flow),
    trusted: true,
    towards: "device",
    reach: reachOutside(facts),
  };
}

/** What is beyond us is offered what the caller offered: no network speaks WebSocket to another. */
function reachOutside({ isSecure }: Facts): msrpRelay.Reach {
  return isSecure ? "tls" : "tcp";
}
