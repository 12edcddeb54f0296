import { createResponse } from "../create-response.js";
import type { Field } from "../header-list.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import type { DialogParts } from "./dialogs.js";
import { mergeFields } from "./option-tags.js";
import type { Surroundings } from "./surroundings.js";

/** Fields of answers that the dialog alone writes; its user's are left out. */
const reserved = new Set(
  "via from to call-id cseq content-length record-route route session-expires min-se rseq max-forwards".split(
    " ",
  ),
);

/** What the dialog adds to an answer. */
interface OwnAnswer {
  readonly toTag: string;
  readonly fields?: readonly Field[];
}

/** An answer of the user of a dialog with what is the dialog's. @spec rfc3261#8.2.6 */
export function composeAnswer(
  { server }: Pick<Surroundings, "server">,
  request: SipRequest,
  { status, parts = {} }: { readonly status: number; readonly parts?: DialogParts | undefined },
  { toTag, fields = [] }: OwnAnswer,
): SipResponse {
  const ours = server === undefined ? fields : [...fields, ["Server", server] as const];
  return createResponse(request, status, {
    toTag,
    ...(parts.reason !== undefined && { reason: parts.reason }),
    headers: mergeFields(parts.headers ?? [], ours, reserved),
    ...(parts.body && { body: parts.body }),
  });
}

/** Record-Route of the request, in full and in order, as answers that make a dialog have it. @spec rfc3261#12.1.1 @spec GEN-39 */
export function recordRoutesOf(request: SipRequest): readonly Field[] {
  return request.headers.all("record-route").map((value): Field => ["Record-Route", value]);
}
