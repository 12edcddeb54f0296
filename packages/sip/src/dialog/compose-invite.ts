import type { Field } from "../header-list.js";
import { HeaderList } from "../header-list.js";
import type { SipRequest } from "../sip-request.js";
import type { InviteParts } from "./dialogs.js";
import { mergeFields } from "./option-tags.js";
import { askTimer } from "./session-interval.js";
import { capabilityFields, type Surroundings } from "./surroundings.js";

const reserved = new Set(["via", "content-length", "session-expires", "min-se"]);

/** What a 422 asks for, and the INVITE that it answered. */
interface LongerInterval {
  readonly minSeS: number;
  readonly after: SipRequest;
}

/**
 * The INVITE of a user with everything that is missing in it; after a 422 with another CSeq and a longer interval.
 *
 * @spec rfc3261#8.1.1 @spec rfc3261#13.2.1 @spec rfc3262#4 @spec rfc4028#7.1 @spec rfc4028#7.3 @spec GEN-12
 */
export function composeInvite(
  surroundings: Surroundings,
  { request, target }: InviteParts,
  longer?: LongerInterval,
): SipRequest {
  const { chance, below, contact, sessionTimer, userAgent } = surroundings;
  const base = longer?.after ?? request;
  const ours: Field[] = [
    ["Max-Forwards", "70"],
    ["Call-ID", chance.token(16)],
    ["CSeq", `${1 + below(0x8000)} INVITE`],
    ...capabilityFields(surroundings),
  ];
  if (!base.headers.has("contact")) ours.push(["Contact", contact({ invite: base, target })]);
  if (userAgent !== undefined) ours.push(["User-Agent", userAgent]);
  const merged = mergeFields(base.headers.fields(), ours, reserved);
  merged.push(...askTimer(sessionTimer.expiresS, longer?.minSeS));
  let headers = HeaderList.of(merged);
  const from = headers.get("from") ?? "";
  if (!base.from.params.has("tag")) headers = headers.set("From", `${from};tag=${chance.token(8)}`);
  if (longer) headers = headers.set("CSeq", `${base.cseq.number + 1} INVITE`);
  return base.with({ headers });
}
