import type { Report } from "./send.js";
import { effectOf, type StatusEffect } from "./status.js";

/** What a REPORT does to who sent the message. */
export type ReportEffect =
  | { readonly kind: "received"; readonly start: number; readonly end: number | undefined }
  | { readonly kind: "failed"; readonly effect: StatusEffect }
  | { readonly kind: "session failed" }
  /** Of another namespace, or of a message that we do not know. */
  | { readonly kind: "ignored" };

const ofTheMessage = new Set([403, 413, 415]);

/**
 * A REPORT of namespace 000 means what a response of its status means, but that octets which were not received fail
 * the session; the three statuses that only refuse a message do not. @spec R-msrp-5
 *
 * @spec rfc4975#7.3.2
 * @spec MS-08
 * @spec MS-10
 * @spec MS-48
 */
export function effectOfReport(report: Report, isKnown: boolean): ReportEffect {
  const { namespace, status, byteRange } = report;
  if (!isKnown || namespace !== "000") return { kind: "ignored" };
  const effect = effectOf(status);
  if (effect === "goes on") return { kind: "received", start: byteRange?.start ?? 1, end: byteRange?.end };
  return ofTheMessage.has(status) ? { kind: "failed", effect } : { kind: "session failed" };
}
