import { type CpimMessage, imdnNamespace } from "./cpim.js";

/** What a sender can ask to be told. @spec rfc5438#7.1.1.3 */
export type Disposition = "positive-delivery" | "negative-delivery" | "processing" | "display";

const dispositions: ReadonlySet<string> = new Set<Disposition>([
  "positive-delivery",
  "negative-delivery",
  "processing",
  "display",
]);

/** What the sender of this message asks to be told, in any case of letters; values that nobody knows are ignored. @spec rfc5438#10 */
export function requestedDispositions(message: CpimMessage): ReadonlySet<Disposition> {
  const value = message.get("Disposition-Notification", imdnNamespace);
  if (value === undefined) return none;
  const asked = value.split(",").map((item) => item.split(";", 1)[0]?.trim().toLowerCase() ?? "");
  return new Set(asked.filter((item): item is Disposition => dispositions.has(item)));
}

/** The Message-ID that the sender gave it. @spec rfc5438#6.3 */
export function imdnMessageIdOf(message: CpimMessage): string | undefined {
  const id = message.get("Message-ID", imdnNamespace)?.trim();
  return id === "" ? undefined : id;
}

const none: ReadonlySet<Disposition> = new Set();
