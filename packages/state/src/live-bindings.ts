import type { Binding } from "@heliograph/contracts";

/** The bindings whose time has not run out. The same array where none has. */
export function liveBindings(bindings: readonly Binding[], nowMs: number): readonly Binding[] {
  return bindings.some((binding) => binding.expiresAtMs <= nowMs)
    ? bindings.filter((binding) => binding.expiresAtMs > nowMs)
    : bindings;
}

/** The bindings that do not go over this flow. @spec GEN-30 */
export function bindingsOffFlow(
  bindings: readonly Binding[],
  node: string,
  flowId: string,
): readonly Binding[] {
  return bindings.filter((binding) => binding.node !== node || binding.flowId !== flowId);
}
