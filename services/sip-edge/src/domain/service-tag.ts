import type { HeaderList } from "@heliograph/sip";

/** The feature tag of the enabler. @spec GEN-09 */
export const serviceTag = "+g.oma.sip-im";

/** Whether one of these fields says that a request is for the service; `+g.oma.sip-im.large-message` says so too. @spec GEN-09 */
export function hasServiceTag(headers: HeaderList, ...names: readonly string[]): boolean {
  return names.some((name) => headers.all(name).some((value) => value.toLowerCase().includes(serviceTag)));
}
