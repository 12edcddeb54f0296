import type { HeaderField, sipEdge } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { RefusalDetails, RefusalName } from "./refusals.js";

type LegOutcome = sipEdge.LegOutcome;

/** What the devices' answers amount to. */
export type Answer =
  | { readonly kind: "accepted"; readonly status: 200 | 202 }
  /** Some device may take it later. */
  | { readonly kind: "unreachable"; readonly isBusy: boolean; readonly why: string }
  | { readonly kind: "refused"; readonly name: RefusalName; readonly details: RefusalDetails };

type Meaning = "accepted" | "later" | "busy" | RefusalName;

/** What one final answer of a device means; what is not named here is looked up by its class. @spec PF-43 */
const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [401, "device-unable"],
  [403, "device-forbade"],
  [404, "device-gone"],
  [405, "device-unable"],
  [407, "device-unable"],
  [408, "later"],
  [410, "device-gone"],
  [413, "device-too-large"],
  [415, "device-unsupported"],
  [430, "later"],
  [480, "later"],
  [486, "busy"],
  [487, "later"],
  [488, "device-not-acceptable"],
  [513, "device-too-large"],
  [600, "busy"],
  [603, "device-forbade"],
  [604, "device-gone"],
  [606, "device-not-acceptable"],
]);

/** Of several refusals the sender hears the one that tells most about what to do; the order is ours. */
const ranking: readonly RefusalName[] = [
  "device-unsupported",
  "device-too-large",
  "device-not-acceptable",
  "device-forbade",
  "device-gone",
  "device-unable",
  "device-refused",
];

/**
 * One answer out of those of all devices: a 2xx wins, then a 6xx (it speaks for the user, who has refused), then any
 * device that may take the message later, and only then the refusals of single devices.
 *
 * @spec PF-43 @spec GEN-41 @spec rfc3428#7 @spec R-participating-6
 */
export function chooseAnswer(outcomes: readonly LegOutcome[]): Answer {
  const accepted = outcomes.find((outcome) => meaningOf(outcome) === "accepted");
  if (accepted?.kind === "answered") return { kind: "accepted", status: accepted.status === 202 ? 202 : 200 };
  const global = outcomes.find(
    (outcome) => outcome.kind === "answered" && outcome.status > 600 && outcome.status < 700,
  );
  if (global) return refusedBy([global]);
  const later = outcomes.filter((outcome) => isLater(meaningOf(outcome)));
  if (later.length === 0 && outcomes.length > 0) return refusedBy(outcomes);
  const isBusy = later.length > 0 && later.every((outcome) => meaningOf(outcome) === "busy");
  return { kind: "unreachable", isBusy, why: later.map(describeOutcome).join("; ") || "no device" };
}

/** What became of a leg, in a few words. */
function describeOutcome(outcome: LegOutcome): string {
  switch (outcome.kind) {
    case "answered":
      return `${outcome.status} ${outcome.reason}`;
    case "silent":
      return "no answer in time";
    case "unreachable":
      return outcome.reason;
    default:
      return unreachable(outcome);
  }
}

/** Whether the next flow of the device may be tried: only after 408, 430 or no answer at all. @spec GEN-30 @spec rfc5626#7 */
export function isFlowDead(outcome: LegOutcome): boolean {
  return outcome.kind !== "answered" || outcome.status === 408 || outcome.status === 430;
}

function meaningOf(outcome: LegOutcome): Meaning {
  if (outcome.kind !== "answered") return "later";
  const { status } = outcome;
  if (status >= 200 && status < 300) return "accepted";
  const named = meanings.get(status);
  if (named) return named;
  if (status >= 600) return "device-forbade";
  return status >= 400 && status < 500 ? "device-refused" : "later";
}

function isLater(meaning: Meaning): boolean {
  return meaning === "later" || meaning === "busy";
}

function refusedBy(outcomes: readonly LegOutcome[]): Answer {
  const found = ranking
    .map((name) => ({ name, outcome: outcomes.find((outcome) => meaningOf(outcome) === name) }))
    .find(({ outcome }) => outcome !== undefined);
  const name = found?.name ?? "device-refused";
  const outcome = found?.outcome;
  if (outcome?.kind !== "answered") return { kind: "refused", name, details: {} };
  const headers = usefulHeaders(outcome.headers);
  return {
    kind: "refused",
    name,
    details: {
      because: `${outcome.status} ${outcome.reason}`,
      ...(name === "device-refused" && { status: outcome.status }),
      ...(headers.length > 0 && { headers }),
    },
  };
}

/** Accept and its like tell the sender what would have been taken. @spec GEN-04 */
function usefulHeaders(headers: readonly HeaderField[]): readonly HeaderField[] {
  return headers.filter(([name]) =>
    /^(accept|accept-encoding|accept-language|unsupported|allow)$/i.test(name),
  );
}
