import type { Binding } from "@heliograph/contracts";

/** One device with its flows, the most recent first: they are tried one after the other, never at once. @spec GEN-30 @spec rfc5626#7 */
export interface Device {
  readonly key: string;
  readonly flows: readonly [Binding, ...Binding[]];
}

/** Bindings as devices: those of one instance belong together. @spec GEN-30 */
export function toDevices(bindings: readonly Binding[]): readonly Device[] {
  const [first] = bindings;
  if (first && bindings.length === 1) return [{ key: first.instance ?? first.key, flows: [first] }];
  const byInstance = new Map<string, [Binding, ...Binding[]]>();
  for (const binding of bindings) {
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
