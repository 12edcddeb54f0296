import type { Field } from "../header-list.js";
import { headerKeyOf } from "../header-name.js";
import type { DialogParts } from "./dialogs.js";
import type { DialogState } from "./dialog-state.js";
import { mergeFields } from "./option-tags.js";
import { capabilityFields, type Surroundings } from "./surroundings.js";

/** Fields of requests inside a dialog that the dialog alone writes; its user's are left out. */
const reserved = new Set(
  "via from to call-id cseq content-length record-route route session-expires min-se rack max-forwards".split(
    " ",
  ),
);

/** Requests whose Contact says where this end is from then on. @spec rfc3261#12.2.1.1 @spec rfc3311#5.1 */
export const targetRefreshes: ReadonlySet<string> = new Set(["INVITE", "UPDATE"]);
const withContact: ReadonlySet<string> = new Set(["INVITE", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY"]);

/** The fields of a request inside a dialog below CSeq: the user's and the dialog's. @spec rfc4028#7.1 @spec GEN-12 */
export function requestFields(
  surroundings: Surroundings,
  state: DialogState,
  method: string,
  { headers = [] }: DialogParts,
): Field[] {
  const isRefresh = targetRefreshes.has(method);
  if (isRefresh) noteContact(state, headers);
  const ours: Field[] = [];
  if (withContact.has(method)) ours.push(["Contact", state.localContact]);
  if (isRefresh) ours.push(...capabilityFields(surroundings));
  else if (method !== "ACK") ours.push(["Supported", "timer"]);
  if (surroundings.userAgent !== undefined) ours.push(["User-Agent", surroundings.userAgent]);
  return mergeFields(headers, ours, reserved);
}

/** A Contact that the user gives is ours from then on. */
export function noteContact(state: DialogState, headers: readonly Field[]): void {
  const given = headers.find(([name]) => headerKeyOf(name) === "contact");
  if (given) state.localContact = given[1];
}

/** Whether the answer to a request of this method says where its sender takes requests. */
export function answerHasContact(method: string): boolean {
  return withContact.has(method);
}
