import {
  type RefusalAnswer,
  type RefusalDetails,
  type RefusalName,
  toSubmission,
} from "../domain/refusals.js";
import type { Events } from "../events.js";

/** Refuses a message or a session for a reason of the table, and counts it. */
export function refuse(
  events: Pick<Events, "refused">,
  { id }: { readonly id: string },
  name: RefusalName,
  details?: RefusalDetails,
): RefusalAnswer {
  events.refused(id, name);
  return toSubmission(name, details);
}
