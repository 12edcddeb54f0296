import type { Binding, Conversation, Invitation, RegisteredDevice, sipCore } from "@heliograph/contracts";
import { Params } from "@heliograph/sip";

/** What was removed of a user's registrations; `expired`: nothing, but the time of a device's own has run out. */
export type Removal = readonly sipCore.RemovedBinding[] | "expired";

/** The registration of a device that is reached by a binding; undefined: a core's, which looks after its users' sessions itself. */
export function deviceOf(aor: string, binding: Binding): RegisteredDevice | undefined {
  const { kind, contact, instance, expiresAtMs } = binding;
  if (kind === "core") return undefined;
  return { aor, contact, expiresAtMs, ...(instance !== undefined && { instance }) };
}

/**
 * Which registration the device has that sent an INVITE: that of its instance, else of its contact, else the one over the
 * same flow; undefined: none, so that it cannot lose it.
 *
 * @spec PF-11 @spec R-participating-21
 */
export function deviceOfCaller(
  bindings: readonly Binding[],
  { sender: { aor }, device, caller, contactParams }: Invitation,
): RegisteredDevice | undefined {
  if (!device) return undefined;
  const instance = new Params(contactParams).get("+sip.instance");
  const found =
    bindings.find((binding) => instance !== undefined && binding.instance === instance) ??
    bindings.find(({ contact }) => contact === device.contact) ??
    bindings.find(({ node, flowId }) => node === caller.node && flowId === device.flowId);
  return found && deviceOf(aor, found);
}

/**
 * Whether a device is not registered any more, by what was removed and what is `left`. One that is registered still, over
 * whatever flow, has lost nothing. Of a device without an instance one cannot tell whether it has moved to another contact:
 * where its time has run out, and others of the user are left, it is taken for one of them.
 *
 * @spec PF-11 @spec R-participating-21
 */
export function hasLostRegistration(
  device: RegisteredDevice,
  removal: Removal,
  left: readonly Binding[],
): boolean {
  if (left.some((binding) => isOf(device, binding))) return false;
  if (removal === "expired") return device.instance !== undefined || left.length === 0;
  return removal.some((binding) => isOf(device, binding));
}

/** The device as its registration is now. */
export function renewedDevice(device: RegisteredDevice, left: readonly Binding[]): RegisteredDevice {
  const own = left.filter((binding) => isOf(device, binding));
  const ends = (own.length > 0 ? own : left).map(({ expiresAtMs }) => expiresAtMs);
  return { ...device, expiresAtMs: Math.max(device.expiresAtMs, ...ends) };
}

/** A refresh may be on its way. */
const graceMs = 5_000;

/** The devices of a conversation whose registrations ran out, unless they were refreshed since somebody has looked. */
export function devicesDue({ devices = {} }: Conversation, nowMs: number): readonly RegisteredDevice[] {
  return devicesOf(devices).filter(({ expiresAtMs }) => expiresAtMs + graceMs <= nowMs);
}

/** The devices of a user in a conversation. */
export function devicesOfUser({ devices = {} }: Conversation, aor: string): readonly RegisteredDevice[] {
  return devicesOf(devices).filter((device) => device.aor === aor);
}

function devicesOf({ caller, callee }: NonNullable<Conversation["devices"]>): readonly RegisteredDevice[] {
  return [caller, callee].filter((device) => device !== undefined);
}

function isOf(
  device: RegisteredDevice,
  binding: { readonly contact: string; readonly instance?: string | undefined },
): boolean {
  return device.instance === undefined
    ? binding.contact === device.contact
    : binding.instance === device.instance;
}
