import type { HeaderField } from "@heliograph/contracts";
import type { HeaderList } from "@heliograph/sip";
import type { Answer } from "./answer.js";

/**
 * Kinds of privacy that we perform: `id` and `user` by `writePagerMessage`; `header` because a forwarded message
 * carries no Via, Contact or Record-Route of its sender; `session` because a pager message has no media.
 *
 * @spec GEN-08 @spec rfc3323#5
 */
const performed: ReadonlySet<string> = new Set([
  "id",
  "user",
  "header",
  "session",
  "history",
  "none",
  "critical",
]);

const nothing: readonly string[] = [];

/** The values of Privacy, in lower case. @spec GEN-08 @spec rfc3323#4.2 */
export function privacyOf(headers: HeaderList): readonly string[] {
  if (!headers.has("Privacy")) return nothing;
  return headers
    .all("Privacy")
    .flatMap((value) => value.split(/[;,]/))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== "");
}

/** A privacy that is critical and that we cannot perform fails the request. @spec GEN-08 @spec rfc3323#5 */
export function checkPrivacy(values: readonly string[]): Answer | undefined {
  if (!values.includes("critical")) return undefined;
  const unknown = values.filter((value) => !performed.has(value));
  return unknown.length > 0
    ? { status: 500, reason: `Privacy Failure: ${unknown.join(" ")} Not Supported` }
    : undefined;
}

/** What a hop outside the trust domain may see of a sender. */
export interface Visibility {
  readonly showsAsserted: boolean;
  readonly showsFrom: boolean;
  readonly showsPersonal: boolean;
  readonly showsHistory: boolean;
}

/**
 * What privacy leaves visible outside the trust domain. Where the sender asks for nothing, the operator decides
 * whether asserted identities leave it; where the sender asks for `none`, nobody may hide them.
 *
 * @spec GEN-08 @spec SC-08 @spec rfc3325#7 @spec D-sip-edge-1
 */
export function visibilityOutside(privacy: readonly string[], assertsOutside: boolean): Visibility {
  if (privacy.length === 0) return { ...everything, showsAsserted: assertsOutside };
  if (privacy.includes("none")) return everything;
  const hides = (...values: string[]) => values.some((value) => privacy.includes(value));
  return {
    showsAsserted: !hides("id", "user", "header") && assertsOutside,
    showsFrom: !hides("id", "user"),
    showsPersonal: !hides("user"),
    showsHistory: !hides("history", "header", "session"),
  };
}

const everything: Visibility = {
  showsAsserted: true,
  showsFrom: true,
  showsPersonal: true,
  showsHistory: true,
};

/** Privacy as the next hop reads it: what was performed here is not asked for again. @spec rfc3323#5 */
export function privacyLeft(privacy: readonly string[]): HeaderField | undefined {
  const left = privacy.filter((value) => !performed.has(value) || value === "id" || value === "none");
  return left.length === 0 ? undefined : ["Privacy", left.join(";")];
}
