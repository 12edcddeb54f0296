import type { Submission } from "@heliograph/contracts";
import { type RefusalDetails, type RefusalName, toSubmission } from "../domain/refusals.js";
import type { Events } from "../events.js";

/** Refuses a message for a reason of the table, and counts it. */
export function refuse(
  events: Pick<Events, "refused">,
  { id }: { readonly id: string },
  name: RefusalName,
  details?: RefusalDetails,
): Submission {
  events.refused(id, name);
  return toSubmission(name, details);
}
