import type { Binding, sipCore } from "@heliograph/contracts";

/**
 * What a REGISTER has removed, for whoever ends what those devices were part of. One that makes or refreshes a binding as
 * well moves a device from one contact to another, and removes nothing in this sense.
 *
 * @spec PF-11 @spec R-participating-21
 */
export function removedBindings(
  before: readonly Binding[],
  { bindings, isAvailable }: { readonly bindings: readonly Binding[]; readonly isAvailable: boolean },
): sipCore.RemovedBinding[] {
  if (isAvailable) return [];
  const left = new Set(bindings.map(({ key }) => key));
  return before.filter(({ key }) => !left.has(key)).map(toRemoved);
}

/** A binding as it is named when it is gone. */
export function toRemoved({ contact, instance }: Binding): sipCore.RemovedBinding {
  return { contact, ...(instance !== undefined && { instance }) };
}
