import type { HeaderField } from "@heliograph/contracts";
import type { SipRequest } from "@heliograph/sip";
import { type Answer, badExtension } from "./answer.js";
import { understood, understoodByProxy } from "./capabilities.js";

/**
 * What a proxy looks at before it asks for credentials: hops left, and extensions that it must understand.
 * OPTIONS and REGISTER end here, so that no hop is needed. The scheme of the Request-URI is `addressRequest`'s.
 *
 * @spec GEN-03 @spec GEN-04 @spec rfc3261#16.3
 */
export function checkBeforeCredentials(request: SipRequest): Answer | undefined {
  if (request.method === "CANCEL") return undefined;
  const endsHere = request.method === "OPTIONS" || request.method === "REGISTER";
  if (!endsHere && request.maxForwards === 0) return { status: 483 };
  const unknown = tagsOutside(request, "Proxy-Require", understoodByProxy);
  return unknown.length > 0 ? badExtension(unknown) : undefined;
}

/** What an end point looks at once it knows who asks: required extensions, then the priority that is claimed. @spec GEN-04 */
export function checkHeaders(
  request: SipRequest,
  priorities: Priorities,
  isTrusted: boolean,
  known = understood,
): Answer | undefined {
  const refusal = checkRequired(request, known);
  if (refusal) return refusal;
  return checkPriority(request, priorities, isTrusted);
}

/** @spec GEN-04 @spec rfc3261#8.2.2.3 */
export function checkRequired(request: SipRequest, known: ReadonlySet<string>): Answer | undefined {
  const unknown = tagsOutside(request, "Require", known);
  return unknown.length > 0 ? badExtension(unknown) : undefined;
}

/** Resource-Priority values that we know, in lower case; only trusted nodes may ask for them. */
export type Priorities = ReadonlySet<string>;

/** @spec SC-12 @spec rfc4412#4.6.2 @spec rfc4412#4.6.4 */
function checkPriority(request: SipRequest, known: Priorities, isTrusted: boolean): Answer | undefined {
  if (!request.headers.has("resource-priority")) return undefined;
  const isKnown = request.headers
    .values("Resource-Priority")
    .some((value) => known.has(value.trim().toLowerCase()));
  if (isKnown) return isTrusted ? undefined : { status: 403, reason: "Priority Not Permitted" };
  if (!tagsOf(request, "Require").includes("resource-priority")) return undefined;
  return { status: 417, headers: [["Accept-Resource-Priority", [...known].join(", ")]] };
}

/** A body of a request that ends here: of a known type and plain, or declared optional. @spec GEN-04 @spec GEN-47 @spec rfc3261#8.2.3 */
export function checkOwnBody(request: SipRequest, types: readonly string[]): Answer | undefined {
  if (request.body.length === 0) return undefined;
  const { headers } = request;
  if (/;\s*handling\s*=\s*"?optional\b/i.test(headers.get("Content-Disposition") ?? "")) return undefined;
  const type = headers.get("Content-Type");
  if (type === undefined) return { status: 400, reason: "Content-Type Missing" };
  const bare = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (!types.includes(bare)) return unsupported(["Accept", types.join(", ")]);
  const coding = headers.get("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  return coding === "identity" ? undefined : unsupported(["Accept-Encoding", "identity"]);
}

const unsupported = (field: HeaderField): Answer => ({ status: 415, headers: [field] });

function tagsOutside(request: SipRequest, name: string, known: ReadonlySet<string>): readonly string[] {
  return request.headers.has(name)
    ? tagsOf(request, name).filter((tag) => tag !== "" && !known.has(tag.toLowerCase()))
    : [];
}

function tagsOf(request: SipRequest, name: string): readonly string[] {
  return request.headers.values(name).map((tag) => tag.trim());
}
