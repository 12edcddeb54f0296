import type { SipRequest } from "@heliograph/sip";
import type { Answer } from "./answer.js";
import { checkHeaders, type Priorities } from "./check-request.js";
import { checkPrivacy, privacyOf } from "./privacy.js";
import { hasServiceTag } from "./service-tag.js";

/** What the operator asks of messages. */
export interface MessageRules {
  readonly priorities: Priorities;
  /** Refuse messages that do not say that they are for the service. @spec GEN-09 */
  readonly requiresServiceTag: boolean;
}

/** A message that is turned away once its sender is known. */
export interface Unfit {
  readonly answer: Answer;
  readonly why: "extension" | "body";
}

/** Extensions, then the body, then what the operator asks for. @spec GEN-04 @spec GEN-09 */
export function checkMessage(
  request: SipRequest,
  rules: MessageRules,
  isTrusted: boolean,
): Unfit | undefined {
  const headers =
    checkHeaders(request, rules.priorities, isTrusted) ?? checkPrivacy(privacyOf(request.headers));
  if (headers) return { answer: headers, why: "extension" };
  const body = checkBody(request);
  if (body) return { answer: body, why: "body" };
  return !rules.requiresServiceTag || hasServiceTag(request.headers, "Accept-Contact") ? undefined : notForUs;
}

/** A body has a type; whether the type is welcome is for the participating function. @spec GEN-04 @spec rfc3261#20.15 */
function checkBody(request: SipRequest): Answer | undefined {
  if (request.body.length === 0) return undefined;
  const type = request.headers.get("Content-Type");
  if (type === undefined) return { status: 400, reason: "Content-Type Missing" };
  return mediaType.test(type) ? undefined : { status: 400, reason: "Content-Type Malformed" };
}

const mediaType = /^\s*[^\s/;,"]+\s*\/\s*[^\s/;,"]+\s*(?:;|$)/;

/** A request that does not say that it is for the service. @spec GEN-09 */
export const notForUs: Unfit = {
  answer: { status: 403, reason: "Not A Request For The Instant Messaging Service" },
  why: "extension",
};
