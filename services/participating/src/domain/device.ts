import type { Binding } from "@heliograph/contracts";

/** One device with its flows, the most recent first: they are tried one after the other, never at once. @spec GEN-30 @spec rfc5626#7 */
export interface Device {
  readonly key: string;
  readonly flows: readonly [Binding, ...Binding[]];
}

/** Bindings as devices: those of one instance belong together, and one contact over one way is one. @spec GEN-30 */
export function toDevices(bindings: readonly Binding[]): readonly Device[] {
  const [first] = bindings;
  if (first && bindings.length === 1) return [{ key: first.instance ?? first.key, flows: [first] }];
  const byInstance = new Map<string, [Binding, ...Binding[]]>();
  for (const binding of withoutRepeats(bindings)) {
    const key = binding.instance ?? binding.key;
    const flows = byInstance.get(key);
    if (flows) flows.push(binding);
    else byInstance.set(key, [binding]);
  }
  return [...byInstance].map(([key, flows]) => ({
    key,
    flows: flows.sort((one, other) => other.registeredAtMs - one.registeredAtMs),
  }));
}

/** A device that took an instance or a reg-id since it registered has two bindings to one place: the newer stays. */
function withoutRepeats(bindings: readonly Binding[]): readonly Binding[] {
  const kept: Binding[] = [];
  for (const binding of bindings) {
    const place = kept.findIndex((other) => isSameTarget(other, binding));
    const before = kept[place];
    if (!before) kept.push(binding);
    else if (binding.registeredAtMs > before.registeredAtMs) kept[place] = binding;
  }
  return kept;
}

/** Behind two NATs two devices can have the same contact: then their flows tell them apart. */
function isSameTarget(one: Binding, other: Binding): boolean {
  if (one.contact !== other.contact || one.path.join() !== other.path.join()) return false;
  return one.flowId === other.flowId || one.flowId === undefined || other.flowId === undefined;
}
